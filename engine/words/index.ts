export { languageOf } from './languages';
export { stemOf } from './stem';
export { isFunctionWord, searchTerms, wordsOf, type Word } from './words';
