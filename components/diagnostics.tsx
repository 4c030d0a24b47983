/** What to hand to somebody who is to mend it: counts and codes, nothing of what was said. It is shown before it is copied. */
import type { PageDiagnostics } from '../engine/api';
import { words } from './words';

/** The text that is copied: the same for everybody who sees the same fault. */
export function diagnosticsText(diagnostics: PageDiagnostics): string {
  return JSON.stringify({ commonplace_diagnostics: 1, ...diagnostics }, null, 2);
}

export function Diagnostics({
  diagnostics,
  copy,
}: {
  diagnostics: PageDiagnostics;
  /** Puts it on the clipboard and says so. */
  copy: (text: string) => void;
}) {
  const text = diagnosticsText(diagnostics);
  return (
    <div class="diagnostics">
      <button
        type="button"
        onClick={() => {
          copy(text);
        }}
      >
        {words('diagnostics_copy')}
      </button>
      <details>
        <summary>{words('diagnostics_what')}</summary>
        <pre class="source" tabIndex={0} aria-label={words('diagnostics_copy')}>
          {text}
        </pre>
      </details>
    </div>
  );
}
