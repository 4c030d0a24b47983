/** The one small set: 16 px, 1.5 px strokes. All are decoration; what they sit in carries the name. */
import type { ComponentChildren } from 'preact';
import type { DocumentKind } from '../engine/api';

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const SearchIcon = () => (
  <Icon>
    <circle cx="7" cy="7" r="4.25" />
    <path d="m10.25 10.25 3.5 3.5" />
  </Icon>
);
export const FilterIcon = () => (
  <Icon>
    <path d="M2.5 4.5h11M4.75 8h6.5M7 11.5h2" />
  </Icon>
);
export const MenuIcon = () => (
  <Icon>
    <path d="M2.75 4.25h10.5M2.75 8h10.5M2.75 11.75h10.5" />
  </Icon>
);
export const PencilIcon = () => (
  <Icon>
    <path d="m3 13 .75-3L10.5 3.25l2.25 2.25L6 12.25z" />
  </Icon>
);
export const PauseIcon = () => (
  <Icon>
    <path d="M5.75 3.5v9M10.25 3.5v9" />
  </Icon>
);
export const GoOnIcon = () => (
  <Icon>
    <path class="turns" d="M5 3.25v9.5L12.5 8z" />
  </Icon>
);
export const NeverIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="5.25" />
    <path d="m4.4 4.4 7.2 7.2" />
  </Icon>
);
export const CrossIcon = () => (
  <Icon>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
);
export const BackIcon = () => (
  <Icon>
    <path class="turns" d="M13 8H3.5M7.25 4 3.25 8l4 4" />
  </Icon>
);
export const OpenIcon = () => (
  <Icon>
    <path d="M9.5 2.75h3.75V6.5M13 3 7.5 8.5M6.5 3.75H3.25v9h9V9.5" />
  </Icon>
);
export const CopyIcon = () => (
  <Icon>
    <rect x="5.5" y="5.5" width="7.75" height="7.75" rx="1.25" />
    <path d="M10.5 5.25v-2.5h-7.75v7.75h2.5" />
  </Icon>
);
export const DeleteIcon = () => (
  <Icon>
    <path d="M2.75 4.25h10.5M6.25 4V2.75h3.5V4M4.25 4.5l.6 8.75h6.3l.6-8.75M6.75 7v3.75M9.25 7v3.75" />
  </Icon>
);
export const ChevronIcon = () => (
  <Icon>
    <path d="m4.5 6.25 3.5 3.5 3.5-3.5" />
  </Icon>
);
const ChatIcon = () => (
  <Icon>
    <path d="M2.75 3.25h10.5v7.5h-6L4.5 13v-2.25H2.75z" />
  </Icon>
);
const PageIcon = () => (
  <Icon>
    <path d="M3.75 2.25h5.5l3 3v8.5h-8.5zM9 2.5v3h3" />
  </Icon>
);
const NoteIcon = () => (
  <Icon>
    <path d="m3 13 .5-2.75L10.75 3 13 5.25 5.75 12.5z" />
  </Icon>
);

export function KindIcon({ kind }: { kind: DocumentKind }) {
  if (kind === 'conversation') return <ChatIcon />;
  return kind === 'page' ? <PageIcon /> : <NoteIcon />;
}

export type MarkShape = 'keeping' | 'off' | 'paused' | 'broken';

/** The state by shape, as on the toolbar: solid, outline, two bars, a disc with "!". */
export function StateMark({ shape }: { shape: MarkShape }) {
  return (
    <svg class={`state-mark ${shape}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" focusable="false">
      {shape === 'keeping' && <circle cx="6" cy="6" r="4.5" fill="currentColor" />}
      {shape === 'off' && <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.5" />}
      {shape === 'paused' && (
        <path d="M4 2.5v7M8 2.5v7" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
      )}
      {shape === 'broken' && (
        <>
          <circle cx="6" cy="6" r="5.5" fill="currentColor" />
          <path d="M6 3v3.5M6 8.75v.25" stroke="var(--paper)" stroke-width="1.5" stroke-linecap="round" />
        </>
      )}
    </svg>
  );
}
