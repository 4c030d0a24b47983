/** The model that a browser brings along, by the Prompt API: only a window has it. */
export { type BuiltIn, builtInModel, downloadBuiltIn } from './built-in';
export {
  type Availability,
  findLanguageModel,
  type LanguageModelApi,
  type LanguageModelSession,
} from './language-model';
