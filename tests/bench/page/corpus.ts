/** An invented collection: words with the frequencies of a language, in topics whose vectors lie together. */

/** Deterministic, so that two runs measure the same collection (mulberry32). */
export function randomFrom(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const SYLLABLES =
  'ba be bi bo bu da de di do du fa fe fi fo ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu pa pe pi po ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo za zo'.split(
    ' ',
  );
const VOCABULARY = 12_000;
const TOPICS = 400;
const TOPIC_WORDS = 60;
/** Ways in which two passages of one topic mostly differ: with 384 of them all would be equally far from each other. */
const DIRECTIONS = 16;
export const DIMENSIONS = 384;

export interface Made {
  text: string;
  vector: Float32Array;
}

export interface Corpus {
  passage(): Made;
  /** The text of one, without a vector. */
  text(): string;
  /** Five words of one topic. */
  question(): string;
  /** The same with a vector of that topic. */
  asked(): Made;
}

export function createCorpus(seed: number): Corpus {
  const fixed = randomFrom(7);
  const words = Array.from({ length: VOCABULARY }, (_, rank) => {
    const length = rank < 200 ? 1 : 2 + Math.floor(fixed() * 3);
    return (
      Array.from({ length }, () => SYLLABLES[Math.floor(fixed() * SYLLABLES.length)]).join('') +
      (rank % 7 === 0 ? 'n' : '')
    );
  });
  const normal = (random: () => number) => random() + random() + random() - 1.5;
  // e5's vectors all lean one way: two of them are 0.7 to 0.9 alike
  const lean = Float32Array.from({ length: DIMENSIONS }, () => normal(fixed));
  const topics = Array.from({ length: TOPICS }, () => ({
    words: Array.from({ length: TOPIC_WORDS }, () => words[500 + Math.floor(fixed() * (VOCABULARY - 500))] as string),
    center: lean.map((x) => 1.5 * x + normal(fixed)),
  }));

  const directions = Array.from({ length: DIRECTIONS }, () => lean.map(() => normal(fixed)));

  const random = randomFrom(seed);
  const pick = <T>(list: T[]) => list[Math.floor(random() * list.length)] as T;
  // ranks fall as those of a language do: few words make most of a text
  const common = () => words[Math.floor(VOCABULARY * random() ** 5)] as string;
  const near = (center: Float32Array) => {
    const vector = center.map((x) => x + 0.25 * normal(random));
    for (const direction of directions) {
      const far = 0.3 * normal(random);
      for (let i = 0; i < DIMENSIONS; i++) (vector[i] as number) += far * (direction[i] as number);
    }
    const size = Math.hypot(...vector);
    return vector.map((x) => x / size);
  };

  const ask = (topic: (typeof topics)[number]) =>
    `${common()} ${[0, 1, 2].map(() => pick(topic.words)).join(' ')} ${common()}`;

  const textOf = (topic: (typeof topics)[number]) => {
    const length = 50 + Math.floor(random() * 60);
    return Array.from({ length }, () => (random() < 0.25 ? pick(topic.words) : common())).join(' ');
  };

  return {
    passage() {
      const topic = pick(topics);
      const text = textOf(topic);
      return { text, vector: near(topic.center) };
    },
    text() {
      return textOf(pick(topics));
    },
    question() {
      return ask(pick(topics));
    },
    asked() {
      const topic = pick(topics);
      return { text: ask(topic), vector: near(topic.center) };
    },
  };
}
