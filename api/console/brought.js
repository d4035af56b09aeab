/**
 * What the user brings to draw from: pictures that are dropped, pasted or chosen, links, codes of styles.
 *
 * Contract: a file is judged here only as far as saves a useless upload; the service judges by the content. A picture is
 * read once, when it comes. What each is for is said beside it.
 */

import { html, useEffect, useRef, useState } from "./htm_preact.js";
import { reference } from "./draft.js";
import { Icon } from "./icons.js";
import { ROLES, isReference } from "./references.js";
import { t } from "./texts.js";

export const TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
export const MOST = 5;
const LARGEST = 20 * 2 ** 20; // bytes

/** @typedef {import("./references.js").Reference} Reference */

/**
 * @param {Iterable<File>} files
 * @param {number} room how many more may come
 * @returns {Promise<{references: Reference[], refusal: string}>}
 */
export async function read(files, room) {
  const given = [...files];
  const good = given.filter((file) => TYPES.includes(file.type) && file.size <= LARGEST);
  const taken = good.slice(0, room);
  const references = await Promise.all(taken.map(readOne));
  if (good.length < given.length) return { references, refusal: t("badPicture") };
  return { references, refusal: taken.length < good.length ? t("tooManyPictures", { n: room }) : "" };
}

/** @param {Blob & {name?: string}} file @returns {Promise<Reference>} */
export async function readOne(file) {
  const data = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return reference({ role: "picture", name: file.name ?? "", data, preview: data });
}

/**
 * @param {{references: Reference[], most: number, onFiles: (files: Iterable<File>) => void,
 *          onRemove: (reference: Reference) => void, onRole?: (reference: Reference, role: string) => void,
 *          onLink?: (text: string) => void}} props without `onRole` all are pictures; without `onLink` no links are taken
 */
export function References({ references, most, onFiles, onRemove, onRole, onLink }) {
  const input = useRef(null);
  const onChange = (event) => {
    onFiles([...event.target.files]);
    event.target.value = "";
  };
  return html`
    <div class="brought ${onRole ? "with-roles" : ""}">
      ${references.map(
        (each) => html`<${One} key=${each.key} reference=${each} onRemove=${onRemove} onRole=${onRole} />`,
      )}
      ${references.length < most &&
      html`<div class="brought-more">
        <button type="button" class="brought-add" onClick=${() => input.current.click()}>
          <${Icon} name="picture" />
          <span>${references.length ? t("addPicture") : t("dropPictures")}</span>
        </button>
        ${onLink && html`<${AddLink} onLink=${onLink} />`}
      </div>`}
      <input
        ref=${input}
        class="away"
        type="file"
        accept=${TYPES.join(",")}
        multiple=${most > 1}
        tabindex="-1"
        aria-label=${t("addPicture")}
        onChange=${onChange}
      />
    </div>
  `;
}

function One({ reference: each, onRemove, onRole }) {
  const name = each.name || each.link;
  return html`
    <div class="brought-one">
      <span class="brought-face">
        ${each.preview ? html`<img src=${each.preview} alt=${name} />` : html`<span class="brought-text" dir="auto">${name}</span>`}
        <button
          type="button"
          class="icon-button brought-remove"
          aria-label=${t("removePicture", { name })}
          onClick=${() => onRemove(each)}
        >
          <${Icon} name="close" size=${14} />
        </button>
      </span>
      ${onRole &&
      html`<select
        class="small"
        aria-label=${t("roleOf", { name })}
        value=${each.role}
        onChange=${(event) => onRole(each, event.target.value)}
      >
        ${Object.keys(ROLES)
          .filter((role) => each.data || isReference(each.link, role))
          .map((role) => html`<option key=${role} value=${role}>${t(`role_${role}`)}</option>`)}
      </select>`}
    </div>
  `;
}

/** A link to a picture, or the code of a style. */
function AddLink({ onLink }) {
  const [isOpen, setOpen] = useState(false);
  const [isWrong, setWrong] = useState(false);
  const field = useRef(null);
  useEffect(() => {
    if (isOpen) field.current.focus();
  }, [isOpen]);
  if (!isOpen) return html`<button type="button" class="button quiet small" onClick=${() => setOpen(true)}>${t("addLink")}</button>`;
  const take = () => {
    const text = field.current.value.trim();
    const isGood = isReference(text, "style"); // which takes all that the others take
    setWrong(text !== "" && !isGood);
    if (text && !isGood) return;
    if (text) onLink(text);
    setOpen(false);
  };
  const onKeyDown = (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") take();
    else setOpen(false);
  };
  return html`<input
    ref=${field}
    type="text"
    class="brought-link"
    dir="ltr"
    aria-label=${t("linkOrCode")}
    aria-invalid=${isWrong ? "true" : "false"}
    placeholder=${t("linkOrCode")}
    onKeyDown=${onKeyDown}
    onBlur=${take}
  />`;
}

/** Files may be dropped anywhere on the page, and pasted. @param {(files: Iterable<File>) => void} onFiles */
export function usePasteAndDrop(onFiles) {
  const latest = useRef(onFiles);
  latest.current = onFiles;
  useEffect(() => {
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const mark = (isOver) => document.documentElement.classList.toggle("dropping", isOver);
    const onOver = (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      mark(true);
    };
    const onLeave = (event) => event.relatedTarget || mark(false);
    const onDrop = (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      mark(false);
      latest.current(event.dataTransfer.files);
    };
    const onPaste = (event) => event.clipboardData?.files.length && latest.current(event.clipboardData.files);
    const listeners = { dragover: onOver, dragleave: onLeave, drop: onDrop, paste: onPaste };
    for (const [name, listener] of Object.entries(listeners)) addEventListener(name, listener);
    return () => {
      mark(false);
      for (const [name, listener] of Object.entries(listeners)) removeEventListener(name, listener);
    };
  }, []);
}
