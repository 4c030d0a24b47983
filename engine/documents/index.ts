/** Documents as a person lists, opens and deletes them. */
export { countDocuments, countBySource, findDocument, readDocument, timeline } from './list';
export {
  allowAgain,
  countForget,
  duePurges,
  forget,
  forgottenHash,
  purgeReceipt,
  undoForget,
  UNDO_MS,
  wasForgotten,
} from './forget';
export type { PurgeHooks } from './forget';
