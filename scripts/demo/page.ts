/** The page that the demo keeps: an essay with the navigation, the byline and the leftovers that real pages have. */
import type { Site } from '../../tests/harness/internet';
import { PAGE } from './conversations';

export const essaySite: Site = (request, response) => {
  if (request.url !== PAGE.path) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${PAGE.title} – Field notes</title>
<link rel="canonical" href="https://${PAGE.host}${PAGE.path}">
<meta property="og:type" content="article"><meta property="og:title" content="${PAGE.title}">
<meta property="og:site_name" content="Field notes"><meta name="author" content="${PAGE.author}">
<meta property="article:published_time" content="${PAGE.published}T08:00:00Z">
<style>body{font:18px/1.6 Georgia,serif;max-width:42rem;margin:2rem auto;padding:0 1rem}nav a{margin-right:1rem}</style></head>
<body><nav><a href="/">Field notes</a><a href="/mending">Mending</a><a href="/about">About</a></nav>
<article><h1>${PAGE.title}</h1><p class="byline">By <a rel="author" href="/about">${PAGE.author}</a>, <time datetime="${PAGE.published}">30 August 2026</time></p>
${PAGE.paragraphs.map((paragraph) => `<p>${paragraph}</p>`).join('\n')}
</article><aside><h2>More from the workshop</h2><ul><li><a href="/mending/zip">A zip that runs off its track</a></li><li><a href="/mending/kettle">The kettle, again</a></li></ul></aside>
<footer>Subscribe to the newsletter. All rights reserved.</footer></body></html>`);
};
