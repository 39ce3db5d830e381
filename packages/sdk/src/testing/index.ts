export {
  createScriptedTransport,
  type ScriptedReply,
  type ScriptedTransport,
  type ScriptStep,
  type SentRequest,
} from './scripted-transport.ts';
