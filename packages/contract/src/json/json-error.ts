/** Why a JSON text is refused. The message is a clause about the text, with what to do. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}
