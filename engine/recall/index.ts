export { recall } from './recall';
export { namedTimes, parseQuery, type ParsedQuery } from './parse';
export { searchStems, type Word, wordsOf } from './stem';
