export { isCommonWord } from './common';
export { languageOf } from './languages';
export { stemOf } from './stem';
export { bare, isFunctionWord, searchTerms, TERM_CHARACTERS, wordsOf, type Word } from './words';
