"""Chinese words common in prompts, with their English.

Contract: data only. Longer words take precedence over shorter ones, so a phrase may have its own entry.
"""

# Words without an English counterpart between a description and its noun.
PARTICLES = frozenset("的地得了着过")


def _table(text: str) -> dict[str, str]:
    pairs = (entry.split("=") for entry in text.split(";") if entry.strip())
    return {chinese.strip(): english.strip() for chinese, english in pairs}


WORDS = _table(
    "一只=a; 一个=a; 一位=a; 一条=a; 一座=a; 一朵=a; 一棵=a; 一幅=a; 一张=a; 一辆=a; 一艘=a; 一匹=a; 一头=a; "
    "一名=a; 一片=a; 一间=a; 一把=a; 两只=two; 两个=two; 两位=two; 三只=three; 三个=three; 四只=four; 五只=five; "
    "一群=a group of; 一些=some; 许多=many; 很多=many; 狗=dog; 小狗=puppy; 猫=cat; 小猫=kitten; 狐狸=fox; "
    "狼=wolf; 老虎=tiger; 狮子=lion; 熊=bear; 熊猫=panda; 大熊猫=giant panda; 兔子=rabbit; 鸟=bird; 鹰=eagle; "
    "猫头鹰=owl; 鱼=fish; 鲸鱼=whale; 海豚=dolphin; 马=horse; 白马=white horse; 牛=cow; 羊=sheep; 鹿=deer; "
    "龙=dragon; 凤凰=phoenix; 蝴蝶=butterfly; 大象=elephant; 猴子=monkey; 独角兽=unicorn; 鸭子=duck; "
    "企鹅=penguin; 恐龙=dinosaur; 蛇=snake; 乌龟=turtle; 鹤=crane; 女孩=girl; 男孩=boy; 女人=woman; 男人=man; "
    "老人=old man; 老奶奶=old woman; 孩子=child; 小孩=child; 婴儿=baby; 少女=young girl; 少年=young boy; "
    "美女=beautiful woman; 公主=princess; 王子=prince; 国王=king; 女王=queen; 骑士=knight; 武士=samurai; "
    "侠客=swordsman; 宇航员=astronaut; 机器人=robot; 天使=angel; 仙女=fairy; 精灵=elf; 女巫=witch; 海盗=pirate; "
    "画家=painter; 厨师=chef; 医生=doctor; 老师=teacher; 学生=student; 人=person; 天空=sky; 云=clouds; "
    "白云=white clouds; 太阳=sun; 月亮=moon; 满月=full moon; 星空=starry sky; 星星=stars; 银河=milky way; "
    "宇宙=universe; 地球=earth; 彩虹=rainbow; 雨=rain; 雪=snow; 风=wind; 雾=fog; 闪电=lightning; 火=fire; "
    "火焰=flames; 日出=sunrise; 日落=sunset; 夕阳=setting sun; 黄昏=dusk; 黎明=dawn; 清晨=early morning; "
    "早晨=morning; 夜晚=night; 晚上=night; 夜景=night view; 春天=spring; 夏天=summer; 秋天=autumn; 冬天=winter; "
    "山=mountain; 高山=high mountains; 雪山=snowy mountains; 大海=sea; 海=sea; 海边=seaside; 海滩=beach; "
    "海底=under the sea; 河=river; 湖=lake; 湖边=by the lake; 瀑布=waterfall; 森林=forest; 竹林=bamboo forest; "
    "树=tree; 大树=big tree; 花=flower; 花园=garden; 玫瑰=rose; 樱花=cherry blossoms; 向日葵=sunflower; "
    "荷花=lotus; 梅花=plum blossoms; 草地=meadow; 草原=grassland; 沙漠=desert; 岛=island; 田野=fields; "
    "风景=landscape; 山水=mountains and rivers; 山水画=landscape painting; 城市=city; 城堡=castle; 房子=house; "
    "小屋=cottage; 村庄=village; 街道=street; 桥=bridge; 塔=tower; 宫殿=palace; 寺庙=temple; 长城=Great Wall; "
    "教堂=church; 咖啡馆=café; 图书馆=library; 厨房=kitchen; 房间=room; 窗户=window; 门=door; 桌子=table; "
    "椅子=chair; 床=bed; 书=book; 灯笼=lantern; 灯塔=lighthouse; 风车=windmill; 汽车=car; 跑车=sports car; "
    "火车=train; 飞机=airplane; 飞船=spaceship; 船=boat; 自行车=bicycle; 气球=balloon; 热气球=hot air balloon; "
    "剑=sword; 雨伞=umbrella; 帽子=hat; 眼镜=glasses; 裙子=dress; 旗袍=qipao; 汉服=hanfu; 盔甲=armour; "
    "苹果=apple; 蛋糕=cake; 茶=tea; 咖啡=coffee; 面条=noodles; 西瓜=watermelon; 面包=bread; 红色=red; "
    "橙色=orange; 黄色=yellow; 绿色=green; 蓝色=blue; 紫色=purple; 粉色=pink; 粉红色=pink; 白色=white; "
    "黑色=black; 灰色=grey; 金色=golden; 银色=silver; 彩色=colourful; 红=red; 蓝=blue; 绿=green; 白=white; "
    "黑=black; 大=big; 小=small; 可爱=cute; 美丽=beautiful; 漂亮=pretty; 古老=ancient; 神秘=mysterious; "
    "梦幻=dreamy; 快乐=happy; 孤独=lonely; 巨大=huge; 年轻=young; 未来=future; 霓虹灯=neon lights; 霓虹=neon; 夜=night; 雨夜=rainy night; 灯=lamp; 街=street; 巷=alley; 水=water; 光=light; 古代=ancient; 现代=modern; "
    "中国=Chinese; 日本=Japanese; 欧洲=European; 温暖=warm; 明亮=bright; 黑暗=dark; 安静=quiet; 精致=delicate; "
    "在=in; 和=and; 与=and; 有=with; 穿=wearing; 穿着=wearing; 戴=wearing; 戴着=wearing; 拿着=holding; "
    "抱着=hugging; 骑着=riding; 看着=looking at; 坐在=sitting in; 站在=standing in; 里=inside; 里面=inside; "
    "上=on; 下=under; 中=in; 旁边=beside; 前面=in front of; 跑=running; 奔跑=running; 飞=flying; 飞翔=flying; "
    "睡觉=sleeping; 跳舞=dancing; 游泳=swimming; 看书=reading a book; 喝茶=drinking tea; 喝咖啡=drinking coffee; "
    "微笑=smiling; 唱歌=singing; 弹吉他=playing the guitar; 走路=walking; 坐=sitting; 站=standing; 风格=style; "
    "水墨画=ink wash painting; 水墨=ink wash; 油画=oil painting; 水彩=watercolour; 水彩画=watercolour painting; "
    "素描=sketch; 插画=illustration; 漫画=comic; 动漫=anime; 卡通=cartoon; 摄影=photography; 照片=photo; "
    "肖像=portrait; 海报=poster; 壁纸=wallpaper; 写实=realistic; 抽象=abstract; 赛博朋克=cyberpunk; "
    "蒸汽朋克=steampunk; 像素=pixel art; 极简=minimalist; 复古=vintage; 科幻=science fiction; 奇幻=fantasy; "
    "印象派=impressionist; 浮世绘=ukiyo-e; 吉卜力=Ghibli; 皮克斯=Pixar; 三维=3D; 电影=cinematic; "
    "高清=high definition; 特写=close-up; 全身=full body; 背景=background; 光线=light; 阳光=sunlight; "
    "月光=moonlight; 细节=details; 超现实=surreal; 国画=traditional Chinese painting; 画=painting; 图案=pattern;"
)
