/**
 * The one thing ever drawn on a page, and only after the user's own act: a line at the bottom right for 6 s, in a
 * closed shadow root, with no font and no layout of the page's touched.
 */
export interface Toast {
  text: string;
  actions: Array<{ label: string; run: () => void }>;
  /** A field for a note; typing stops the clock. */
  note?: { label: string; placeholder: string; save: (words: string) => void };
}

const SHOWN_MS = 6_000;

const STYLE = `
  :host { all: initial; }
  div { position: fixed; inset-block-end: 16px; inset-inline-end: 16px; z-index: 2147483647; max-inline-size: 340px;
    display: flex; flex-wrap: wrap; gap: 8px; align-items: center; padding: 10px 12px; border-radius: 8px;
    font: 14px/1.45 system-ui, sans-serif; color: #1d1b16; background: #fffdf7; border: 1px solid #cfc8b8; }
  p { margin: 0; flex: 1 1 auto; }
  button, input { font: inherit; border-radius: 4px; }
  button { color: #1a5a8a; background: none; border: 0; padding: 2px 6px; cursor: pointer; }
  button:focus-visible, input:focus-visible { outline: 2px solid #1a5a8a; outline-offset: 1px; }
  input { flex: 1 1 100%; color: inherit; background: transparent; border: 1px solid #8d8675; padding: 4px 6px; }
  @media (prefers-color-scheme: dark) {
    div { color: #ece7db; background: #23211c; border-color: #4a463c; }
    button { color: #8cc4ee; }
    button:focus-visible, input:focus-visible { outline-color: #8cc4ee; }
  }
`;

let shown: HTMLElement | null = null;

export function showToast(toast: Toast): void {
  shown?.remove();
  const host = document.createElement('commonplace-toast');
  const root = host.attachShadow({ mode: 'closed' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const box = document.createElement('div');
  box.setAttribute('role', 'status');
  const line = document.createElement('p');
  line.textContent = toast.text;
  box.append(line);

  const close = () => {
    host.remove();
  };
  let clock = setTimeout(close, SHOWN_MS);
  const hold = () => {
    clearTimeout(clock);
  };
  const resume = () => {
    hold();
    clock = setTimeout(close, SHOWN_MS);
  };
  for (const { label, run } of toast.actions) {
    const button = document.createElement('button');
    button.textContent = label;
    button.addEventListener('click', () => {
      close();
      run();
    });
    box.append(button);
  }
  if (toast.note) {
    const { label, placeholder, save } = toast.note;
    const field = document.createElement('input');
    field.placeholder = placeholder;
    field.setAttribute('aria-label', label);
    field.addEventListener('focus', hold);
    field.addEventListener('blur', resume);
    field.addEventListener('keydown', (event) => {
      // the page has shortcuts of its own, which are not meant here
      event.stopPropagation();
      if (event.key === 'Escape') close();
      if (event.key !== 'Enter') return;
      if (field.value.trim() !== '') save(field.value.trim());
      close();
    });
    box.append(field);
  }
  box.addEventListener('pointerenter', hold);
  box.addEventListener('pointerleave', resume);
  root.append(box);
  document.documentElement.append(host);
  shown = host;
}
