export { languageOf } from './languages';
export { stemOf } from './stem';
export { bare, isFunctionWord, searchTerms, wordsOf, type Word } from './words';
