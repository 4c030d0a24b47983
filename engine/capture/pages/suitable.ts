/** Whether a page is something to read, judged by what it is made of. Reads only. */
import { countWords } from './reading';

export type Unsuitable = 'login' | 'payment' | 'editor' | 'form' | 'few_words' | 'not_a_page';
export type Judged = { suitable: true; words: number } | { suitable: false; why: Unsuitable };

/** A page that says less is an app, a menu or an error. */
export const LEAST_WORDS = 80;
/** Counting ends here: it is long, and no rule asks how long beyond. */
const MOST_WORDS = 10_000;
/** A comment box below an article is no editor; one that holds a third of the words is. */
const EDITED_SHARE = 1 / 3;
/** Fields that make a form, unless there is this much to read for each. */
const FORM_FIELDS = 6;
const WORDS_PER_FIELD = 40;

/** What is not the text of a page. */
const NOT_TEXT = new Set(
  'SCRIPT STYLE NOSCRIPT TEMPLATE NAV ASIDE FOOTER BUTTON SELECT TEXTAREA SVG CANVAS IFRAME DIALOG AUDIO VIDEO'.split(
    ' ',
  ),
);

const PASSWORD = 'input[type="password" i], input[autocomplete="one-time-code" i], input[autocomplete$="password" i]';
const CARD =
  'input[autocomplete^="cc-" i], input[autocomplete*=" cc-" i], input[name*="cardnumber" i], input[name*="card-number" i], input[name*="card_number" i], input[name="cvc" i], input[name="cvv" i], input[autocomplete="transaction-amount" i]';
const FIELDS =
  'input:not([type]), input[type="text" i], input[type="email" i], input[type="tel" i], input[type="number" i], input[type="date" i], input[type="file" i], select, textarea';

export function judgePage(document: Document): Judged {
  if (document.contentType !== 'text/html' && document.contentType !== 'application/xhtml+xml')
    return { suitable: false, why: 'not_a_page' };
  if (seen(document, PASSWORD).length > 0) return { suitable: false, why: 'login' };
  if (seen(document, CARD).length > 0) return { suitable: false, why: 'payment' };
  if (document.designMode === 'on') return { suitable: false, why: 'editor' };
  const { words, edited } = count(document.body);
  if (words < LEAST_WORDS) return { suitable: false, why: edited > 0 ? 'editor' : 'few_words' };
  if (edited > words * EDITED_SHARE) return { suitable: false, why: 'editor' };
  const fields = seen(document, FIELDS).length;
  if (fields >= FORM_FIELDS && words < fields * WORDS_PER_FIELD) return { suitable: false, why: 'form' };
  return { suitable: true, words };
}

/** A sign-in that waits hidden in the menu makes no page a login. */
function seen(document: Document, selector: string): Element[] {
  return [...document.querySelectorAll(selector)].filter(
    // not known outside of browsers
    (element) => (element as Partial<Element>).checkVisibility?.({ visibilityProperty: true }) ?? true,
  );
}

function count(root: Element | null): { words: number; edited: number } {
  let words = 0;
  let edited = 0;
  const visit = (element: Element, editable: boolean): void => {
    for (let child = element.firstChild; child !== null && words < MOST_WORDS; child = child.nextSibling) {
      if (child.nodeType === 3) {
        const found = countWords(child.nodeValue ?? '');
        words += found;
        if (editable) edited += found;
      } else if (child.nodeType === 1) {
        const inner = child as Element;
        if (!NOT_TEXT.has(inner.nodeName.toUpperCase())) visit(inner, isEdited(inner) ?? editable);
      }
    }
  };
  if (root) visit(root, isEdited(root) ?? false);
  return { words, edited };
}

/** Null where the element does not say. */
function isEdited(element: Element): boolean | null {
  const role = element.getAttribute('role');
  if (role === 'application' || role === 'textbox') return true;
  const editable = element.getAttribute('contenteditable');
  return editable === null ? null : editable.toLowerCase() !== 'false';
}
