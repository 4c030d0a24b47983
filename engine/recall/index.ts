export { recall } from './recall';
export { namedTimes, parseQuery, type ParsedQuery, warmUp } from './parse';
export { searchStems, type Word, wordsOf } from './stem';
