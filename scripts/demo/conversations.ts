/**
 * What the demo's owner talked about in 2026: invented conversations, a page they kept, one question asked live, and
 * the questions asked of all of it afterwards, each with what must be among the first answers.
 */
import type { RecallResult } from '../../engine/api';
import type { SiteConversation, SiteMessage } from '../../tests/harness/chatgpt-site';

type Turn = [role: SiteMessage['role'], text: string];

/** Ids are made of the conversation's place in the list and the turn's, so that a second run is the same. */
function conversation(
  place: number,
  shape: 'tree' | 'pages',
  title: string,
  startedAt: string,
  turns: Turn[],
): SiteConversation {
  const tail = (turn: number) => `${String(place).padStart(4, '0')}${String(turn).padStart(8, '0')}`;
  const start = Date.parse(startedAt) / 1000;
  return {
    id: `6a0c51d2-0f3e-4c1b-9d27-${tail(0)}`,
    title,
    shape,
    messages: turns.map(([role, text], index) => ({
      id: `b7e4d09a-52c6-4f8e-8a13-${tail(index + 1)}`,
      role,
      text,
      time: start + index * 47,
    })),
  };
}

export const CONVERSATIONS: SiteConversation[] = [
  conversation(1, 'pages', 'Three days in Lisbon with Ana', '2026-04-18T19:12:00Z', [
    [
      'user',
      'Ana and I have three days in Lisbon at the end of May. She loves tiles and hates queues, I mostly want to eat well. We stay in Graça. Can you sketch the days?',
    ],
    [
      'assistant',
      `Graça is a good base: you start high and walk down.

**Friday.** Settle in, then the Miradouro da Senhora do Monte before sunset. Dinner in Mouraria at a tasca without a sign; ask for the day's fish.

**Saturday.** The National Tile Museum as it opens at ten, when it is nearly empty. Ana should see the 23-metre panel of Lisbon before the 1755 earthquake on the top floor. Lunch in Marvila, then the riverside back.

**Sunday.** Belém early for the monastery's cloister, pastries after nine are a queue, so take them at Manteigaria in Chiado instead.`,
    ],
    ['user', 'Ana is vegetarian, I forgot. And is tram 28 worth it?'],
    [
      'assistant',
      `Then skip the tasca on Friday and book *Ao 26* in Chiado, which is vegan and does a convincing bifana. Most tascas have only an omelette for her.

Tram 28 at midday is an hour of standing. Take it at 7:40 from Graça downhill, or take tram 12, which does a short loop through Alfama and is rarely full.`,
    ],
    ['user', 'What should we bring for a friend who will water the plants?'],
    [
      'assistant',
      'Tinned sardines from Conserveira de Lisboa are wrapped by hand and survive a suitcase. If your friend is vegetarian too, a single tile from a salvage shop such as Cortiço & Netos: they sell discontinued ones by the piece.',
    ],
  ]),
  conversation(2, 'tree', 'Oolong: how long and how hot', '2026-02-07T08:31:00Z', [
    [
      'user',
      'My oolong turns out harsh every time. I pour boiling water on it and leave it for five minutes. It is a rolled, greenish one from Taiwan.',
    ],
    [
      'assistant',
      `Both the heat and the time draw out more than you want. A lightly oxidised, rolled oolong gives up its astringent catechins quickly in boiling water.

- water at 90 °C, that is two minutes off the boil
- 5 g for 150 ml in a small pot, or 3 g for a mug
- a rinse of five seconds, poured away, so that the balls open
- then 40 seconds, and 15 more for each further steep

Good leaves last six or seven steeps. If it is still harsh, use less leaf before you use cooler water.`,
    ],
    ['user', 'And in a thermos, for a day in the mountains?'],
    [
      'assistant',
      'Cold brew it instead: 8 g in a litre of cold water overnight in the fridge, strain in the morning. Nothing harsh comes out at 5 °C, and it does not stew on the way up.',
    ],
  ]),
  conversation(3, 'tree', 'TypeScript: retries that never stop', '2026-03-11T21:04:00Z', [
    [
      'user',
      `Why does this keep retrying after the component is gone? The signal is aborted, I checked.

\`\`\`ts
async function fetchWithRetry(url: string, signal: AbortSignal) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetch(url, { signal });
    } catch {
      await new Promise((r) => setTimeout(r, 2 ** attempt * 100));
    }
  }
}
\`\`\``,
    ],
    [
      'assistant',
      `Your \`catch\` swallows the \`AbortError\`. \`fetch\` rejects at once when the signal is already aborted, the loop takes that for a network failure, sleeps and tries again, for ever.

Let aborts through, and make the pause abortable too:

\`\`\`ts
import { setTimeout as sleep } from 'node:timers/promises';

async function fetchWithRetry(url: string, signal: AbortSignal, attempts = 5) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(url, { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (attempt === attempts) throw error;
      await sleep(2 ** attempt * 100, undefined, { signal });
    }
  }
}
\`\`\`

In a browser, race the timer with the signal's \`abort\` event, as \`timers/promises\` is Node's.`,
    ],
    ['user', 'Should a 404 be retried?'],
    [
      'assistant',
      'No. `fetch` resolves for a 404, so your loop returns it already. Retry 429 and 503, honour `Retry-After`, and never retry a POST that is not idempotent unless the server takes an idempotency key.',
    ],
  ]),
  conversation(4, 'pages', 'Home office and the tax return', '2026-01-23T17:40:00Z', [
    [
      'user',
      'I am a freelance translator and work from a spare room, 14 of our 92 square metres. We rent for 1,380 a month. What may I deduct?',
    ],
    [
      'assistant',
      `If the room is used (almost) only for work and is the centre of your work, its share of the real costs counts.

| Item | Year | Share 15.2 % |
| --- | ---: | ---: |
| Rent | 16,560 | 2,517 |
| Heating and power | 2,140 | 325 |
| Contents insurance | 118 | 18 |
| **Together** | **18,818** | **2,860** |

The alternative is the flat allowance of 1,260 a year, which asks for no proof. Yours is clearly better with real costs. Keep the lease, the floor plan and the annual bill of the utilities.`,
    ],
    ['user', 'My sister sleeps in there about ten nights a year. Does this spoil it?'],
    [
      'assistant',
      'Private use below ten percent is usually accepted, and ten nights are under three. But a bed that stands there all year looks like a guest room; a folding one in the cupboard is an easier conversation with the tax office.',
    ],
  ]),
  conversation(5, 'tree', 'Autumn marathon: sixteen weeks', '2026-06-14T06:55:00Z', [
    [
      'user',
      'I ran a half in 1:48 in spring and want to finish a full marathon on 4 October under four hours. I can train four times a week. My left Achilles complains after speed work.',
    ],
    [
      'assistant',
      `1:48 points to about 3:48, so under four hours is realistic with endurance rather than speed.

- **Tuesday** 10 km easy, with eight strides only while the tendon is quiet
- **Thursday** tempo, from 5 km to 12 km at 5:30
- **Saturday** 8 km easy
- **Sunday** long run: 16 km now, two kilometres more each week, every fourth week back to 16, up to 32 km on 13 September

For the Achilles: heavy slow calf raises every second day, three sets of twelve, three seconds up and three down. Pain up to three of ten that is gone by the next morning is fine; more, and you skip the tempo run.`,
    ],
    ['user', 'What do I eat on the long ones?'],
    [
      'assistant',
      'From 90 minutes on, 60 g of carbohydrate per hour: a gel every 25 minutes with water, not with the sports drink as well. Practise with what the organisers hand out, so that nothing is new on the day. Before: two slices of white bread with honey three hours earlier.',
    ],
  ]),
  conversation(6, 'pages', 'Ana’s birthday: dumplings for eight', '2026-09-05T15:20:00Z', [
    [
      'user',
      'Ana turns forty on Saturday and I want to make dumplings for eight, two kinds, one of them vegetarian. Amounts as a table please.',
    ],
    [
      'assistant',
      `Count on twelve a head, so 96 pieces, half of each kind.

| | Pork and chive | Mushroom and tofu |
| --- | --- | --- |
| Filling | 600 g minced pork, 200 g garlic chives | 500 g shiitake, 300 g firm tofu, 150 g cabbage |
| Binder | 1 egg, 2 tbsp stock | 2 tbsp starch, 1 tbsp miso |
| Seasoning | 3 tbsp soy, 1 tbsp sesame oil, ginger | 2 tbsp soy, 1 tbsp sesame oil, white pepper |
| Wrappers | 48 | 48 |

Salt the cabbage, wait 20 minutes and wring it out, or the wrappers tear. Fold on Friday and freeze them on a tray in one layer; on Saturday they go from the freezer straight into the pan, eight minutes with the lid on.`,
    ],
    ['user', 'Sauce?'],
    [
      'assistant',
      'Three parts black vinegar, one part soy, a spoon of chilli crisp, slivers of ginger. Put the vinegar out by itself as well: the mushroom ones need more of it than the pork.',
    ],
  ]),
  conversation(7, 'tree', 'Why the harmonic series diverges', '2026-03-29T10:02:00Z', [
    [
      'user',
      'My nephew asks why 1 + 1/2 + 1/3 + … grows without end although the terms go to zero. I want a proof he can redraw on a napkin.',
    ],
    [
      'assistant',
      `Group the terms so that each group is at least one half, as Nicole Oresme did around 1350:

$$1 + \\frac12 + \\underbrace{\\frac13 + \\frac14}_{\\ge \\frac12} + \\underbrace{\\frac15 + \\dots + \\frac18}_{\\ge \\frac12} + \\dots$$

The group that ends at $1/2^k$ has $2^{k-1}$ terms, none smaller than $2^{-k}$, so it adds at least one half. There are infinitely many groups, so the sum passes every bound. It is just slow: $H_n \\approx \\ln n + 0.5772$, so to reach 20 he needs about 272 million terms.`,
    ],
    ['user', 'He will ask about 1/n². What then?'],
    [
      'assistant',
      'Compare with $\\frac{1}{n(n-1)} = \\frac{1}{n-1} - \\frac1n$: that sum telescopes to 1, so $\\sum 1/n^2$ stays below 2. Euler found the exact value in 1734, $\\pi^2/6 \\approx 1.645$.',
    ],
  ]),
  conversation(8, 'pages', 'Balkonkräuter für den Nordbalkon', '2026-05-02T11:47:00Z', [
    [
      'user',
      'Unser Balkon geht nach Norden und bekommt nur morgens zwei Stunden Sonne. Welche Kräuter wachsen da trotzdem?',
    ],
    [
      'assistant',
      `Auf einem schattigen Balkon gedeihen Kräuter mit weichen, großen Blättern:

- Petersilie und Schnittlauch, gleichmäßig feucht
- Minze, immer im eigenen Topf, sonst überwuchert sie alles
- Bärlauch im Frühjahr und Waldmeister, beide mögen es kühl
- Zitronenmelisse

Rosmarin, Thymian und Salbei brauchen sechs Stunden Sonne; die würden lang und blass. Basilikum lieber auf die Fensterbank.`,
    ],
    ['user', 'Die Blattläuse sitzen schon an der Petersilie. Was tun, ohne Gift?'],
    [
      'assistant',
      'Mit einem kräftigen Wasserstrahl abspülen, drei Tage hintereinander. Hilft das nicht: ein Esslöffel Schmierseife auf einen Liter Wasser, abends aufsprühen und vor dem Essen gut waschen. Marienkäferlarven gibt es im Versand, auf einem Balkon bleiben sie aber selten.',
    ],
  ]),
  conversation(9, 'tree', 'Cómo pedir una cita en el registro', '2026-07-08T09:15:00Z', [
    [
      'user',
      'Tengo que renovar mi certificado de residencia en Valencia y en la página nunca hay citas libres. ¿Qué puedo hacer?',
    ],
    [
      'assistant',
      `Las citas nuevas se publican casi siempre a las ocho de la mañana, y las anuladas vuelven a salir durante el día.

- Entra a las 7:58 con el certificado digital ya abierto
- Prueba las oficinas de Burjassot y Paterna, que suelen tener huecos
- Si en cinco días no aparece nada, presenta una solicitud por registro electrónico y guarda el justificante: demuestra que lo intentaste a tiempo

Lleva el pasaporte, el padrón de menos de tres meses y el modelo 790 pagado.`,
    ],
    ['user', '¿Puede ir otra persona en mi lugar?'],
    [
      'assistant',
      'Sí, con una autorización firmada y una copia de tu documento, pero solo para recoger el certificado. Para las huellas tienes que ir tú.',
    ],
  ]),
  conversation(10, 'pages', 'A cracked heat pump contract', '2026-08-19T18:26:00Z', [
    [
      'user',
      'The installer wants 60 percent up front for the heat pump, before the permit is there. The offer is 24,900. Is this normal, and what do I answer?',
    ],
    [
      'assistant',
      `Sixty percent before a permit leaves the risk with you: should the firm fail, the money is an unsecured claim. Usual is 10 to 20 percent at signing, then by progress.

> Thank you for the offer. We would like to sign on these terms: 15 % at signing, 45 % when the unit is delivered to our address, 35 % at commissioning, 5 % when the hydraulic balancing report is handed over. Payment of the first part falls due once the permit has been granted.

Ask as well for the sound level at the neighbour's window at night; 35 dB(A) is the limit that causes quarrels later.`,
    ],
    ['user', 'They accepted, except for the 5 percent.'],
    [
      'assistant',
      'Then ask for the balancing report as a named deliverable with a date. Without it the grant office can claim its subsidy back, and that is worth more than the five percent.',
    ],
  ]),
  conversation(11, 'tree', 'Postgres: a count that takes nine seconds', '2026-10-12T13:33:00Z', [
    [
      'user',
      `This takes nine seconds on 40 million rows, and there is an index on \`created_at\`:

\`\`\`sql
select count(*) from event where date(created_at) = '2026-10-01';
\`\`\``,
    ],
    [
      'assistant',
      `\`date(created_at)\` hides the column from the index, so every row is read. Ask for a range instead:

\`\`\`sql
select count(*)
from event
where created_at >= '2026-10-01' and created_at < '2026-10-02';
\`\`\`

If it is then still slow, look at \`Heap Fetches\` in \`explain (analyze, buffers)\`: an index-only scan needs a recent \`vacuum\` for its visibility map. For a dashboard, count per day once a night into a table of its own.`,
    ],
  ]),
  conversation(12, 'pages', 'Learning the cello at forty', '2026-11-09T20:10:00Z', [
    [
      'user',
      'I have rented a cello and my left hand cramps after ten minutes. My teacher comes only every two weeks. What can I change until then?',
    ],
    [
      'assistant',
      `The cramp nearly always comes from the thumb pressing against the neck.

- play a scale with the thumb *off* the neck; the weight of the arm holds the string down
- ten minutes, then two minutes of open strings, instead of half an hour in one go
- check the endpin: when the scroll touches your ear, the instrument stands too low and the wrist bends

If fingers tingle or stay numb after playing, stop and ask a doctor rather than the teacher.`,
    ],
    ['user', 'And how do I keep the downstairs neighbour friendly?'],
    [
      'assistant',
      'A rubber practice mute takes about half of the sound, and a square of felt under the endpin keeps it out of the floor, which is what she hears most. Agree on a fixed hour; predictable noise annoys less.',
    ],
  ]),
];

/** Asked while the demo runs; the answer comes in these parts. */
export const LIVE = {
  question: 'Fondue for six: which bread, how much?',
  answer: [
    'A bread with a firm crust ',
    'and a tight crumb, **one day old**, ',
    'so that it stays on the fork: ',
    'a ruchbrot or a pain de campagne.\n\n',
    'Count 250 g a head, ',
    'so a kilo and a half for six, ',
    'cut so that each cube has a bit of crust. ',
    'Toast nothing; ',
    'a dry cube soaks up the wine and falls apart.\n\n',
    'With 1.2 kg of cheese, half Gruyère and half Vacherin, ',
    'that leaves enough for those who come back for the crust at the bottom.',
  ],
};

/** A page that is kept with "Remember this". */
export const PAGE = {
  host: 'field-notes.example.org',
  path: '/mending/brake-squeal',
  title: 'Why disc brakes squeal, and what I did about it',
  author: 'Marta Lindqvist',
  published: '2026-08-30',
  paragraphs: [
    'My commuter bike had screamed at every traffic light since June, and I had done what everyone does: sprayed a cleaner on the rotor and hoped. It worked for two rides each time. So I spent a rainy Sunday finding out what the noise is.',
    'Squeal is vibration. The pad grabs the rotor, lets go, grabs again, some thousand times a second, and the rotor rings like a bell. Anything that makes the grip uneven starts it: oil on the pad, glaze from long gentle braking, a caliper that is not square to the rotor.',
    'Glaze came off with 120-grit paper on a sheet of glass, moving each pad in a figure of eight until the shine was gone. Oil does not: a pad that has drunk chain lube through and through goes in the bin, whatever the forums say about ovens and blowtorches.',
    'Then I bedded the new pads in. Twenty stops from about 20 km/h, firm but without locking the wheel, letting the rotor cool between them. This lays an even film of pad material on the steel. Skipping it is the most common reason for noise on a new bike.',
    'Last, I loosened the two caliper bolts, pulled the lever, and tightened them again while holding it. The caliper centred itself. It has been quiet for three weeks now, in rain as well, and I no longer apologise to pedestrians.',
  ],
};

export interface Question {
  text: string;
  /** What it shows. */
  by: string;
  /** Titles of which one must be among the first three hits. */
  wants: string[];
  /** Kind of reason that one of the hits must give. */
  reason?: 'words' | 'meaning' | 'date' | 'person';
}

export const QUESTIONS: Question[] = [
  {
    text: 'my tea tastes bitter, what am I doing wrong',
    by: 'meaning: neither "tea" nor "bitter" is in that conversation',
    wants: ['Oolong: how long and how hot'],
    reason: 'meaning',
  },
  {
    text: 'throwIfAborted',
    by: 'words: a name in code',
    wants: ['TypeScript: retries that never stop'],
    reason: 'words',
  },
  {
    text: 'what did we plan with Ana in April',
    by: 'date and person: Ana is in two conversations, one of them from April',
    wants: ['Three days in Lisbon with Ana'],
    reason: 'date',
  },
  {
    text: 'Kräuter ohne Sonne',
    by: 'words, in German',
    wants: ['Balkonkräuter für den Nordbalkon'],
    reason: 'words',
  },
  {
    text: 'cita certificado residencia after:2026-07-01',
    by: 'words and a filter on time',
    wants: ['Cómo pedir una cita en el registro'],
    reason: 'words',
  },
  {
    text: 'noisy bicycle',
    by: 'meaning: the kept page',
    wants: [PAGE.title],
    reason: 'meaning',
  },
  {
    text: 'what does Marta Lindqvist do with oily pads',
    by: 'person: the author of the kept page',
    wants: [PAGE.title],
    reason: 'person',
  },
  {
    text: 'how much bread per person',
    by: 'meaning: what was asked live a moment ago',
    wants: [LIVE.question],
    reason: 'meaning',
  },
];

/** What is wrong with an answer, null when nothing is. */
export function wrongWith({ text, wants, reason }: Question, { hits }: RecallResult): string | null {
  const wanted = ({ title }: RecallResult['hits'][number]) => wants.includes(title ?? '');
  if (!hits.slice(0, 3).some(wanted)) return `"${text}" should find "${wants[0]}", found "${hits[0]?.title ?? ''}".`;
  const given = hits.some((hit) => wanted(hit) && hit.reasons.some(({ kind }) => kind === reason));
  return given ? null : `"${text}" found it, but not by ${reason}.`;
}
