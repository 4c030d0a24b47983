import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countWords, isRead, judgePage, startReading } from '../../../engine/capture/pages';
import { parseHtml } from '../../../scripts/cli-read';

describe('whether a page was read', () => {
  const read = (seconds: number, words: number, scrolled: number | null = null) => isRead({ seconds, words, scrolled });

  it('takes at least fifteen seconds, however short it is and however far one scrolled', () => {
    expect(read(14.9, 100, 1)).toBe(false);
    expect(read(15, 100)).toBe(true);
  });

  it('takes a third of the time that its text takes, where one stays at its beginning', () => {
    // 2,380 words are ten minutes
    expect(read(120, 2_380, 0.1)).toBe(false);
    expect(read(180, 2_380, 0.1)).toBe(true);
  });

  it('takes a tenth of that time for somebody who went through half of it', () => {
    expect(read(59, 2_380, 0.5)).toBe(false);
    expect(read(60, 2_380, 0.5)).toBe(true);
    expect(read(60, 2_380, 0.49)).toBe(false);
  });

  it('asks for three minutes of a book, not for an afternoon', () => {
    expect(read(180, 120_000, 0)).toBe(true);
    expect(read(179, 120_000, 0)).toBe(false);
  });

  it('never becomes unread by staying longer or scrolling further', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 400 }),
        fc.nat({ max: 50_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat({ max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seconds, words, scrolled, more, further) => {
          if (read(seconds, words, scrolled))
            expect(read(seconds + more, words, Math.max(scrolled, further))).toBe(true);
        },
      ),
    );
  });
});

describe('the reading clock', () => {
  const look = (at: number, more: object = {}) => ({
    at,
    visible: true,
    focused: true,
    lastActive: at,
    scrolled: null,
    ...more,
  });

  it('counts what is visible, in focus and attended, and nothing else', () => {
    const clock = startReading();
    clock.look(look(0));
    clock.look(look(2));
    expect(clock.seconds()).toBe(2);
    clock.look(look(4, { visible: false }));
    clock.look(look(6, { visible: false }));
    clock.look(look(8, { focused: false }));
    clock.look(look(10));
    expect(clock.seconds()).toBe(2);
    clock.look(look(12));
    expect(clock.seconds()).toBe(4);
  });

  it('stops when nobody was there for a minute', () => {
    const clock = startReading();
    for (let at = 0; at <= 200; at += 2) clock.look(look(at, { lastActive: 0 }));
    expect(clock.seconds()).toBe(58);
  });

  it('takes a gap in its looks for sleep', () => {
    const clock = startReading();
    clock.look(look(0));
    clock.look(look(3_600));
    expect(clock.seconds()).toBe(5);
  });

  it('remembers the deepest place that was looked at', () => {
    const clock = startReading();
    clock.look(look(0, { scrolled: 0.2 }));
    clock.look(look(1, { scrolled: 0.7 }));
    clock.look(look(2, { scrolled: 0.1 }));
    clock.look(look(3, { scrolled: 1, visible: false }));
    expect(clock.scrolled()).toBe(0.7);
  });
});

describe('the words of a text', () => {
  it('are counted in scripts with and without spaces', () => {
    expect(countWords('Feed the starter, don’t wait: 3 days.')).toBe(7);
    expect(countWords('東京都')).toBe(3);
    expect(countWords('  …  ')).toBe(0);
  });
});

describe('a page to read', () => {
  const text = (words: number) => Array.from({ length: words }, (_, index) => `word${index}`).join(' ');
  const judge = (body: string) => {
    const judged = judgePage(asPage(parseHtml(`<!doctype html><html><body>${body}</body></html>`)));
    return judged.suitable ? judged.words : judged.why;
  };
  // linkedom says neither
  const asPage = (document: Document) =>
    new Proxy(document, {
      get: (target, name) => (name === 'contentType' ? 'text/html' : (Reflect.get(target, name, target) as unknown)),
    });

  it.each([
    ['an article', `<article><p>${text(200)}</p></article>`, 200],
    ['its text, not its menus', `<nav>${text(50)}</nav><p>${text(100)}</p><script>${text(90)}</script>`, 100],
    [
      'an article with a comment box',
      `<p>${text(300)}</p><textarea></textarea><div contenteditable>${text(5)}</div>`,
      305,
    ],
    ['a sign-in', `<p>${text(300)}</p><form><input type="password"></form>`, 'login'],
    ['a code sent by mail', `<p>${text(300)}</p><input autocomplete="one-time-code">`, 'login'],
    ['a payment', `<p>${text(300)}</p><input autocomplete="cc-number">`, 'payment'],
    ['a payment of old', `<p>${text(300)}</p><input name="cardNumber">`, 'payment'],
    ['an editor', `<div contenteditable="true">${text(300)}</div><p>${text(100)}</p>`, 'editor'],
    ['an app', `<div role="application">${text(300)}</div>`, 'editor'],
    ['a form', `<p>${text(100)}</p>${'<label>Name <input></label>'.repeat(8)}`, 'form'],
    ['a start page', `<p>${text(40)}</p>`, 'few_words'],
  ])('is judged by what it is made of: %s', (_name, body, expected) => {
    expect(judge(body)).toBe(expected);
  });

  it('is not changed by the look', () => {
    const document = parseHtml(`<!doctype html><html><head></head><body><p>${text(200)}</p><input></body></html>`);
    const before = document.documentElement.outerHTML;
    judgePage(asPage(document));
    expect(document.documentElement.outerHTML).toBe(before);
  });
});
