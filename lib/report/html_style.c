#include "config.h"

#include "lib/buf.h"
#include "lib/report/html.h"
#include "lib/report/ink.h"

/* clang-format off */
static const char sheet[] =
"*{box-sizing:border-box}\n"
"html{-webkit-text-size-adjust:100%}\n"
"body{margin:0;background:var(--paper);color:var(--text);"
	"font:16px/1.6 'DejaVu Sans',Verdana,'Liberation Sans',system-ui,sans-serif;font-size:.95rem}\n"
"main,header,footer{max-width:62rem;margin:0 auto;padding:0 1.25rem}\n"
"header{padding-top:2.2rem}\n"
".kind{max-width:none;display:flex;justify-content:space-between;gap:1rem;color:var(--d0);font-weight:bold;font-size:.85rem;margin:0}\n"
".kind time{color:var(--soft);font-weight:normal}\n"
"h1{color:var(--head);font-size:1.9rem;line-height:1.25;margin:.3rem 0;overflow-wrap:anywhere}\n"
".lead{color:var(--soft);margin:0 0 1rem;overflow-wrap:anywhere}\n"
"nav{border-top:3px solid var(--d0);padding-top:.7rem;font-size:.85rem}\n"
"nav ol{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;list-style:none;margin:0;padding:0}\n"
"a{color:var(--d0)}\n"
"nav a{text-decoration:none}\n"
"nav a:hover{text-decoration:underline}\n"
"h2{color:var(--head);font-size:1.35rem;border-bottom:1px solid var(--grid);margin:2.6rem 0 1rem;padding-bottom:.3rem}\n"
"h3{font-size:1.02rem;margin:1.6rem 0 .5rem;overflow-wrap:anywhere}\n"
"p{margin:.5rem 0 .9rem;max-width:48rem;overflow-wrap:anywhere}\n"
"ul{margin:.5rem 0 1rem;padding-left:1.2rem;max-width:48rem}\n"
"li{margin:.3rem 0;overflow-wrap:anywhere}\n"
".note{color:var(--soft);font-size:.82rem}\n"
".call{background:var(--shade);border-left:4px solid var(--d0);padding:.8rem 1.1rem;margin:1rem 0}\n"
".call p{margin:.2rem 0 0;max-width:none}\n"
".call strong{color:var(--head)}\n"
".call.good{border-color:var(--good)}.call.good strong{color:var(--good)}\n"
".call.warn{border-color:var(--warn)}.call.warn strong{color:var(--warn)}\n"
".call.bad{border-color:var(--bad)}.call.bad strong{color:var(--bad)}\n"
".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.7rem;margin:1rem 0;padding:0}\n"
".tile{background:var(--shade);padding:.7rem .9rem;font-size:.8rem;line-height:1.45}\n"
".tile b{display:block;color:var(--head);font-size:1.7rem;line-height:1.3}\n"
".tile span{display:block;color:var(--soft)}\n"
"dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:.2rem 2rem;margin:.6rem 0 1.2rem;font-size:.9rem}\n"
"dl div{display:grid;grid-template-columns:10rem 1fr;gap:0 1rem}\n"
"dl .wide{grid-column:1/-1}\n"
"dt{color:var(--soft);overflow-wrap:anywhere}\n"
"dd{margin:0;overflow-wrap:anywhere}\n"
"code{font:.88em 'DejaVu Sans Mono','Liberation Mono',monospace;overflow-wrap:anywhere}\n"
".scroll{overflow-x:auto;margin:.6rem 0 .8rem}\n"
"table{border-collapse:collapse;width:100%;font-size:.84rem;line-height:1.4}\n"
"th{background:var(--shade);color:var(--soft);text-align:left;white-space:nowrap;position:sticky;top:0}\n"
"th,td{padding:.3rem .6rem;vertical-align:top;border-bottom:1px solid var(--grid)}\n"
"td{max-width:16rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}\n"
"td.wide{max-width:none;min-width:15rem;white-space:normal;overflow-wrap:anywhere}\n"
".num{text-align:right;font-variant-numeric:tabular-nums}\n"
"td.good,td.warn,td.bad{font-weight:bold}\n"
"td.good{color:var(--good)}td.warn{color:var(--warn)}td.bad{color:var(--bad)}\n"
".figs{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:1.4rem 2rem;margin:1rem 0;align-items:start}\n"
".c3{grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr))}\n"
"figure{margin:0;max-width:38rem}\n"
"figure svg{display:block;width:100%;height:auto}\n"
"figcaption{color:var(--soft);font-size:.8rem;line-height:1.45;margin-top:.4rem}\n"
"footer{color:var(--soft);font-size:.78rem;border-top:1px solid var(--grid);margin-top:3rem;padding-top:.8rem;padding-bottom:2rem;overflow-wrap:anywhere}\n"
"@media(max-width:40rem){dl div{grid-template-columns:1fr}dl div{margin-bottom:.35rem}h1{font-size:1.5rem}main,header,footer{padding-left:1rem;padding-right:1rem}}\n"
"@media print{body{font-size:9pt}.scroll{overflow:visible}h2,h3{break-after:avoid}figure,tr,.call{break-inside:avoid}}\n";
/* clang-format on */

void
html_style(struct buf *b)
{
	for (int dark = 0; dark < 2; dark++) {
		buf_puts(b, dark ? "@media screen and "
				   "(prefers-color-scheme:dark){:root{"
				 : ":root{color-scheme:light dark;");
		for (size_t i = 0; i < INK__MAX; i++)
			buf_printf(b, "--%s:#%06x;", ink_rows[i].name,
			    dark ? ink_rows[i].dark : ink_rows[i].light);
		buf_puts(b, dark ? "}}\n" : "}\n");
	}
	for (size_t i = 0; i < INK__MAX; i++)
		buf_printf(b, ".f-%s{fill:var(--%s)}.s-%s{stroke:var(--%s)}\n",
		    ink_rows[i].name, ink_rows[i].name, ink_rows[i].name,
		    ink_rows[i].name);
	buf_puts(b, sheet);
}
