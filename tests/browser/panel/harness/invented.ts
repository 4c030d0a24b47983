/** Invented conversations and pages, told relative to now so that the timeline has a today and a last year. */
import type { Capture, CapturedConversation, CapturedMessage, CapturedPage } from '../../../../engine/capture/types';

const HOUR = 3_600_000;

function ago(hours: number): string {
  return new Date(Date.now() - hours * HOUR).toISOString();
}

type Turn = [role: 'user' | 'assistant', markdown: string];

export function conversation(
  id: string,
  title: string,
  hoursAgo: number,
  turns: Turn[],
  complete = true,
): CapturedConversation {
  const messages = turns.map(([role, markdown], index): CapturedMessage => ({
    id: `${id}-${index}`,
    parent_id: index === 0 ? null : `${id}-${index - 1}`,
    role,
    author: null,
    model: role === 'assistant' ? 'gpt-5-5' : null,
    created_at: ago(hoursAgo + (turns.length - index) / 30),
    markdown,
    finished: true,
    on_active_branch: true,
    attachments: [],
    metadata: {},
  }));
  return {
    kind: 'conversation',
    site: 'chatgpt',
    id,
    url: `https://chatgpt.com/c/${id}`,
    title,
    created_at: ago(hoursAgo + 1),
    updated_at: ago(hoursAgo),
    captured_at: ago(hoursAgo),
    strategy: 'json-tree',
    coverage: 'all',
    complete,
    messages,
    metadata: {},
  };
}

export function page(
  url: string,
  title: string,
  hoursAgo: number,
  markdown: string,
  note: string | null = null,
): CapturedPage {
  return {
    kind: 'page',
    origin: 'page',
    id: url,
    url,
    title,
    author: 'Ada Marsh',
    site_name: null,
    language: 'en',
    published_at: null,
    captured_at: ago(hoursAgo),
    markdown,
    note,
    metadata: {},
  };
}

export const SOURDOUGH = conversation('sourdough', 'Why my sourdough stays flat', 1.5, [
  ['user', 'My sourdough comes out flat and dense. The starter doubles in six hours. What should I look at first?'],
  [
    'assistant',
    `Most flat loaves are **under-fermented**, not badly shaped. Look at three things, in this order:

1. **Bulk temperature.** At 20 °C the dough wants eight to ten hours; at 26 °C about five.
2. **The poke test** is unreliable for wet doughs; go by volume instead, and stop at +60 %.
3. **Shaping tension.** A slack boule spreads in the oven however well it fermented.

| Dough at | Bulk | Rise wanted |
|---------:|-----:|:-----------:|
| 20 °C | 9 h | +75 % |
| 24 °C | 6 h | +60 % |
| 27 °C | 4½ h | +50 % |

Write down the dough's temperature, not the room's.`,
  ],
  ['user', 'The kitchen is at 19 °C. Can I use the oven with only the lamp on?'],
  [
    'assistant',
    'Yes. With the lamp on and the door closed most ovens settle between 24 and 27 °C. Put a thermometer in for an hour first; a few lamps go past 30 °C, which favours the yeast over the bacteria and makes a bland loaf.',
  ],
]);

export const POSTGRES = conversation('postgres', 'Slow Postgres query on a partial index', 26, [
  [
    'user',
    'This query ignores my partial index. Why?\n\n```sql\nselect * from job where state = $1 order by priority limit 1;\n```',
  ],
  [
    'assistant',
    `The planner must prove that your condition implies the index predicate *while planning*. With a parameter it cannot:

\`\`\`sql
create index job_due on job (priority) where state = 'waiting';
-- not usable: $1 is unknown when a generic plan is made
select * from job where state = $1 order by priority limit 1;
-- usable
select * from job where state = 'waiting' order by priority limit 1;
\`\`\`

Either write the literal, or \`set plan_cache_mode = force_custom_plan\`. See the [manual on partial indexes](https://www.postgresql.org/docs/current/indexes-partial.html).

The cost of the index scan is about $$c = c_{\\text{start}} + n \\cdot \\log_2 m$$ page reads.`,
  ],
]);

export const EVERYTHING: Capture[] = [
  SOURDOUGH,
  conversation('lisbon', 'Four slow days in Lisbon with a toddler', 5, [
    ['user', 'We have four days in Lisbon in May with a two year old. No car. What would you do, slowly?'],
    [
      'assistant',
      'Stay near Jardim da Estrela: a playground, a kiosk with coffee, and the 28 tram that you then need not take. One outing a day, in the morning, and a nap after lunch. The Oceanário is the one ticket worth booking.',
    ],
  ]),
  page(
    'https://example.org/notes/heat-pumps',
    'What a heat pump needs from an old house',
    8,
    `## Flow temperature is everything

A heat pump in an old house works when the radiators can heat the rooms with water at 45 °C. Measure on a cold day: turn the boiler down until one room no longer gets warm, and read the flow temperature.

- Larger radiators in two or three rooms are often enough.
- Insulating the loft first lowers the size of the pump.

> A pump that is too large starts and stops all day, and that is what wears it out.`,
    'For the talk with the installer',
  ),
  POSTGRES,
  conversation('violin', 'Choosing strings for a bright violin', 30, [
    ['user', 'My violin is very bright. Which strings would make it warmer without losing projection?'],
    [
      'assistant',
      'Try a medium-gauge synthetic core such as a warm perlon set, and keep a plain steel E. A heavier bridge darkens it more than any string does.',
    ],
  ]),
  conversation('lease', 'Can the landlord keep the deposit for paint?', 24 * 4, [
    ['user', 'My landlord wants to keep 400 euros of the deposit to repaint. I lived there for six years.'],
    [
      'assistant',
      'Ordinary wear is the landlord’s cost. After six years the paint has, in most places, no value left that could be charged to you. Ask for the invoice and the date of the last painting, in writing.',
    ],
  ]),
  page(
    'https://example.com/essays/commonplace-books',
    'How to keep a commonplace book',
    24 * 5,
    'A commonplace book is a place to copy what is worth keeping. Write the source beside every line. Read it again on the first of the month.',
  ),
  conversation('rust', 'Borrow checker and a graph of nodes', 24 * 20, [
    ['user', 'How do I model a graph in Rust without fighting the borrow checker?'],
    [
      'assistant',
      'Keep the nodes in a `Vec` and let edges be indexes into it. An arena such as `slotmap` gives you stable keys and safe removal.\n\n```rust\nstruct Graph { nodes: Vec<Node>, edges: Vec<(usize, usize)> }\n```',
    ],
  ]),
  conversation('physio', 'Exercises after a sprained ankle', 24 * 45, [
    ['user', 'Second week after an ankle sprain. What may I do?'],
    [
      'assistant',
      'Walk without limping before anything else. Then heel raises on both legs, balance on one leg for thirty seconds, and the alphabet in the air with your toes, twice a day.',
    ],
  ]),
  conversation('thesis', 'Outline of the thesis on tide mills', 24 * 400, [
    ['user', 'Help me outline a thesis chapter on tide mills in Brittany.'],
    [
      'assistant',
      '1. What a tide mill is and why the Rance had so many.\n2. Ownership and grinding rights from 1400 to 1789.\n3. Decline: roller milling, silting, the dam of 1966.',
    ],
  ]),
];

/** What a hostile page or answer might hold. */
export const HOSTILE = conversation('hostile', 'An answer with everything nasty in it', 3, [
  [
    'user',
    'Show me <script>window.hacked = 1</script> and <img src="https://tracker.invalid/a.png" onerror="window.hacked = 2">',
  ],
  [
    'assistant',
    `Before.

<script>window.hacked = 3</script>

<iframe src="https://tracker.invalid/frame"></iframe>

<img src=x onerror="window.hacked = 4">

![a picture](https://tracker.invalid/pixel.png "title")

[click me](javascript:window.hacked=5) and [data](data:text/html,<script>window.hacked=6</script>) and [fine](https://example.org/page).

<a href="javascript:window.hacked=7">raw</a> <svg onload="window.hacked=8"></svg>

<style>body { display: none }</style>

| a | b |
|---|---|
| <b onmouseover="window.hacked=9">x</b> | ![p](//tracker.invalid/q.png) |

$$\\href{javascript:window.hacked=10}{x} \\includegraphics{https://tracker.invalid/m.png}$$

[ref]: javascript:window.hacked=11
[reference][ref] <https://example.org/auto> After.`,
  ],
]);
