/** Documents as a person lists, opens and deletes them. */
export { capturedOf } from './captured';
export { countDocuments, countBySource, findDocument, readDocument, timeline } from './list';
export {
  allowAgain,
  countForget,
  type DuePurge,
  duePurges,
  forget,
  forgottenHash,
  hasten,
  hideLate,
  purgeReceipt,
  readOvertaken,
  undoForget,
  UNDO_AFTER_START_MS,
  UNDO_MS,
  wasForgotten,
} from './forget';
export type { PurgeHooks } from './forget';
export { noteCapture, NOTES } from './note';
export { countExpired, hideExpired, readExpired, readRetention, writeRetention } from './retention';
