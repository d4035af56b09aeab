"""The store on PostgreSQL: one database, one process that writes."""
