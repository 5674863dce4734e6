"""Words and phrases that defects are made of, written for this project: by language, to be drawn and put together."""

from __future__ import annotations

from collections.abc import Mapping

Phrases = Mapping[str, tuple[str, ...]]

ADVERTS: Phrases = {
    "zh": (
        "{hot}！{goods}全场{n}折，仅限今天，{act}！",
        "{act}，免费领取价值{n}00元的{goods}大礼包，名额有限，先到先得。",
        "想要{wish}？{goods}帮您三天见效，无效退款，{act}。",
        "【{hot}】{goods}厂家直销，买二送一，货到付款，{act}。",
        "正规{service}，无需抵押，当天到账，额度{n}万起，{act}。",
        "{service}哪家好？本公司专业{service}二十年，价格优惠，上门服务，{act}。",
        "{hot}，注册即送{n}8元红包，新用户首单立减，{act}！",
        "老客户推荐新客户，各得{n}0元话费，{goods}包邮到家，{act}！！",
        "{goods}排行榜第一名，明星同款，已有{n}万人购买，{act}。",
        "足不出户，{wish}不是梦，日赚{n}00元，{act}，手慢无。",
    ),
    "en": (
        "{hot}! {n}0% off all {goods}, today only, {act}!",
        "{act} and get a free {goods} pack worth ${n}9 while supplies last.",
        "Want to {wish}? Our {goods} works in three days or your money back, {act}.",
        "Professional {service} at the best price in town, call now, {act}.",
        "Sign up today, receive a ${n}0 bonus and start to {wish} from home, {act}!",
        "{hot}: buy two {goods}, get one free, free shipping worldwide, {act}.",
        "Need {service}? No credit check, cash in {n} hours, {act}.",
        "Over {n}00,000 happy customers love our {goods}; {act} before it is gone!!",
    ),
}
ADVERT_SLOTS: Mapping[str, Phrases] = {
    "zh": {
        "hot": ("限时抢购", "年终大促", "开业酬宾", "清仓特卖", "爆款来袭", "错过等一年"),
        "goods": ("减肥茶", "蜂蜜面膜", "净水器", "儿童英语课程", "真皮沙发", "生发液", "运动鞋", "空调扇", "进口奶粉"),
        "act": (
            "点击下方链接立即购买", "加微信了解详情", "扫码关注公众号", "拨打热线马上咨询", "猛戳这里报名",
            "私信客服领取",
        ),
        "wish": ("快速瘦身", "月入过万", "告别脱发", "一个月学会英语口语", "改善睡眠", "祛斑美白"),
        "service": ("贷款", "管道疏通", "办证咨询", "搬家", "空调移机", "代写文案", "刷单兼职", "股票配资"),
    },
    "en": {
        "hot": ("Hot deal", "Flash sale", "Grand opening", "Clearance", "Limited offer"),
        "goods": ("slimming tea", "face cream", "water filters", "running shoes", "vitamin drops", "leather sofas"),
        "act": ("click here to order", "call our hotline now", "subscribe below", "text us today", "use code SAVE"),
        "wish": ("lose weight fast", "earn more money", "sleep better", "look ten years younger"),
        "service": ("payday loans", "pipe cleaning", "essay writing", "moving services", "roof repair"),
    },
}  # fmt: skip
MENU_WORDS: Phrases = {
    "zh": (
        "首页", "新闻", "财经", "体育", "娱乐", "科技", "汽车", "房产", "教育", "论坛", "博客", "视频", "图片", "专题",
        "登录", "注册", "帮助中心", "网站地图", "关于我们", "联系方式", "广告服务", "招聘信息", "意见反馈", "设为首页",
        "加入收藏", "手机版", "返回顶部", "上一页", "下一页", "更多", "热门推荐", "最新文章", "我的订单", "购物车",
    ),
    "en": (
        "Home", "News", "Sports", "Business", "Video", "Photos", "Forum", "Blog", "About", "Contact", "Careers",
        "Help", "Log in", "Sign up", "My account", "Cart", "Site map", "Privacy", "Back to top", "Next", "Previous",
        "More", "Latest posts", "Categories", "Archive", "Subscribe", "Search",
    ),
}  # fmt: skip
KEYWORDS: Phrases = {
    "zh": (
        "手机", "手机报价", "二手手机", "笔记本电脑", "平板", "旅游攻略", "特价机票", "酒店预订", "装修效果图",
        "整体橱柜",
        "瓷砖品牌", "减肥方法", "瘦腿", "美容院", "婚纱摄影", "考研培训", "会计培训", "驾校", "英语学习", "小说下载",
        "电影在线", "最新电视剧", "游戏攻略", "账号交易", "彩票走势", "股票行情", "基金排行", "信用卡办理", "租房",
        "二手房",
    ),
    "en": (
        "cheap phones", "phone price", "used laptops", "tablets", "hotel deals", "cheap flights", "kitchen design",
        "bathroom tiles", "weight loss", "beauty salon", "wedding photos", "accounting course", "driving school",
        "free movies", "watch online", "game cheats", "lottery numbers", "stock quotes", "credit cards", "rent flat",
    ),
}  # fmt: skip
OTHER_TONGUES: Phrases = {
    "zh": (
        "The meeting was moved to Thursday because two of the speakers missed their train.",
        "Nobody in the village remembered who had planted the old pear tree behind the mill.",
        "Please check that the valve is closed before you start the second pump.",
        "She kept the letters in a tin box and read them only when it rained.",
        "Вчера вечером в библиотеке закончили перестановку старых книжных шкафов.",
        "Мастер сказал, что новый двигатель привезут не раньше следующей недели.",
        "先週の日曜日は雨だったので、家族みんなで古い写真を整理しました。",
        "この道をまっすぐ行くと、左側に小さな郵便局が見えてきます。",
        "어제 저녁에는 비가 그친 뒤에 강가를 따라 오래 걸었습니다.",
        "La tienda del pueblo abre a las nueve, pero el pan llega más tarde.",
        "Der alte Fahrplan hängt noch immer neben der Tür des Bahnhofs.",
    ),
    "en": (
        "昨天下午图书馆把旧书架重新摆了一遍，找书的人都说方便多了。",
        "师傅说新的水泵要下个星期才能送到，先把阀门关好。",
        "村口那棵老梨树是谁种的，现在已经没有人记得了。",
        "Вчера вечером в библиотеке закончили перестановку старых книжных шкафов.",
        "Мастер сказал, что новый двигатель привезут не раньше следующей недели.",
        "先週の日曜日は雨だったので、家族みんなで古い写真を整理しました。",
        "어제 저녁에는 비가 그친 뒤에 강가를 따라 오래 걸었습니다.",
        "La tienda del pueblo abre a las nueve, pero el pan llega más tarde.",
        "Der alte Fahrplan hängt noch immer neben der Tür des Bahnhofs.",
    ),
}
BOILERPLATE: Phrases = {
    "zh": (
        "版权声明：本站内容来自网络，如有侵权请联系我们删除。",
        "本文仅代表作者观点，不代表本站立场，转载请注明出处。",
        "您的浏览器版本过低，请升级后访问本站以获得更好的体验。",
        "登录后才可以查看全部内容，还没有账号？立即注册。",
        "本站使用Cookie，继续浏览即表示您同意我们的隐私政策。",
        "页面加载中，请稍候……如果长时间没有反应，请刷新重试。",
        "免责声明：以上信息仅供参考，据此操作风险自担。",
        "责任编辑：小编  来源：本站整理  阅读量：{n}  点赞：{n}",
        "未经授权不得转载、摘编或以其他方式使用上述作品。",
        "声明：本页面所载文章由用户上传，平台只提供存储服务。",
    ),
    "en": (
        "All rights reserved. No part of this page may be copied without permission.",
        "The views expressed are those of the author and not of this site.",
        "Your browser is out of date; please update it for a better experience.",
        "You must be logged in to read the rest of this article. Register now.",
        "We use cookies. By continuing you accept our privacy policy.",
        "Page is loading, please wait... refresh if nothing happens.",
        "Disclaimer: the information on this page is provided as is, at your own risk.",
        "Posted by admin, filed under general, {n} views, {n} comments.",
    ),
}
SHARE_BARS: Phrases = {
    "zh": (
        "分享到：微博 微信 空间 豆瓣 复制链接",
        "赞({n}) 踩({n}) 收藏({n}) 举报",
        "标签：{tag} {tag} {tag}",
        "上一篇：{tag}怎么办  下一篇：{tag}有哪些",
        "相关阅读 {tag}的原因 {tag}大全 {tag}图解",
        "字号：大 中 小  打印本页  关闭窗口",
        "发表评论（{n}条） 我要评论 查看全部",
        "浏览：{n}次 更新：20{n}-0{n} 编号：{n}{n}",
    ),
    "en": (
        "Share: Facebook Twitter Email Copy link",
        "Like ({n}) Dislike ({n}) Save ({n}) Report",
        "Tags: {tag}, {tag}, {tag}",
        "Previous: how to {tag} | Next: best {tag}",
        "Related: {tag} guide, {tag} list, {tag} pictures",
        "Text size: A A A | Print | Close",
        "Leave a comment ({n}) | View all",
        "Views: {n}{n} Updated: 20{n}-0{n} ID: {n}{n}{n}",
    ),
}
CHATTER: Phrases = {
    "zh": (
        "{n}楼：沙发！顶一个先",
        "回复{n}楼：楼主好人一生平安", "哈哈哈哈哈笑死我了", "同问，坐等大神", "已阅，mark一下",
        "楼上+1，说得太对了吧", "路过，打酱油的", "求资源，邮箱私你了", "这个真的假的啊？？", "顶顶顶！！！不能沉",
        "签到第{n}天，又是摸鱼的一天", "引用 网友{n} 的发言：666", "支持楼主，楼主辛苦啦~~", "看不懂，有没有人翻译一下",
    ),
    "en": (
        "#{n}: first!!", "reply to #{n}: lol so true", "hahaha i cant even", "same here, anyone know?", "bump",
        "+1 what he said", "just passing by lol", "pm me the link pls", "is this for real??", "thx for sharing ^^",
        "day {n} of checking in", "quote user{n}: haha", "great post admin, keep it up!!", "someone translate plz",
    ),
}  # fmt: skip
MARKUP = (
    '<div class="item item-{n}"><a href="#">', "</a></div>", '<br />&nbsp;&nbsp;', "<span style=\"color:#333\">",
    "</p><p align='center'>", "function show{n}(){{var a=document.getElementById('box{n}');}}", "{{{{ item.title }}}}",
    ".nav-{n}{{margin:0 auto;padding:{n}px;}}", "<!-- end of block {n} -->", "&lt;script&gt;",
    "$(function(){{init({n});}});",
    "<td width=\"{n}%\">&nbsp;</td>", "[img]upload/{n}.jpg[/img]", "@media(max-width:{n}0px){{.box{{display:none}}}}",
)  # fmt: skip
GOODS: Phrases = {
    "zh": (
        "不锈钢水龙头", "全棉四件套", "儿童雨靴", "机械键盘", "陶瓷刀具", "蓝牙耳机", "折叠餐桌", "羽绒背心", "保温杯",
        "电热水壶", "实木书架", "防晒衣", "猫粮", "登山包", "台灯",
    ),
    "en": (
        "steel tap", "cotton bedding set", "rain boots", "keyboard", "ceramic knife", "headphones", "folding table",
        "down vest", "thermos", "kettle", "oak shelf", "sun jacket", "cat food", "backpack", "desk lamp",
    ),
}  # fmt: skip
LOGS = (
    "20{d}-0{e}-1{e} 0{e}:{d}:{d} INFO [main] worker-{n} started in {d} ms",
    "20{d}-0{e}-1{e} 0{e}:{d}:{d} WARN [pool-{e}] retry {n} of 5 for task {d}{d}",
    "at app.service.Handler{e}.run(Handler{e}.java:{d}{d})",
    "ERROR {d}{d}: connection reset by peer, code={d}",
    "GET /api/v{e}/items/{d}{d} 200 {d}ms",
    "if (x{e} == {n}) {{ return buf[{d}]; }}",
    "0x{d}{d}a{e}: mov eax, {d}; call 0x{d}{d}f",
)
PLACES = (
    "http://www.site{n}.example/list_{n}_{n}.html", "https://img.host{n}.example/upload/{n}/{n}.jpg",
    "www.shop{n}.example/item.php?id={n}{n}&from={n}", "ftp://down.mirror{n}.example/pub/{n}.zip",
    "https://t.link.example/x{n}Qz{n}", "http://bbs.forum{n}.example/thread-{n}-1-{n}.html",
)  # fmt: skip
