/**
 * Proposals without a remedy in them (E9): signs, courtesies, the problem said again. A table, and conservative: a real remedy that
 * is turned away helps nobody, junk that is let in is outvoted. So a text is junk only when each clause of it is; what has data, or
 * a discovery beside it, is none; and of validations, whose word is passed or failed, only signs are.
 *
 * The chat is English. Other languages pass.
 */
import { problemKind } from "@herdmind/experience";
import type { Signal } from "@herdmind/protocol";
import { areEqual, placeIn, wordingOf } from "./wording.js";

/** Longer texts, or clauses, have something in them; and the patterns, which try many ways, take 1 ms at most. */
const MAX_CHAT_CHARS = 300;
const MAX_CLAUSE_CHARS = 120;
/** Words a restatement has at least: shorter ones may be a command. */
const LEAST_RESTATED = 4;

const THING =
  "(?:it|this|that|them|everything|(?:the|this|that|my|your|our|all|a|same)(?: (?:same|original|reported|underlying|above|whole|failing|broken|requested))? (?:issue|problem|bug|error|thing|task|tests?|build|failure|code|request|change)s?)";
const WHEN =
  "(?: (?:now|again|already|successfully|finally|today|soon|later|tomorrow|next|first|here|for (?:you|me|us)|as well|too|yet))*";
const OVER =
  "(?:done|fixed|solved|resolved|completed?|finished|ready|works?|worked|working|pass(?:es|ed|ing)?|success(?:ful|fully)?|fine|good|ok(?:ay)?|green)";

/** A clause that says nothing about what to do. */
const CHAT: readonly RegExp[] = [
  // It is done. Whoever did it, and however sure they are.
  `(?:(?:i|we)(?:'ve| have)?|(?:it|that|this|everything|all|tests?)(?:'s)?|${THING}|now|just|already|is|are|was|were|has|have|been|got|be|should|will|must|seems?|looks?|to|successfully|finally)(?: (?:${THING}|now|just|already|is|are|was|were|has|have|been|got|be|should|will|must|seems?|looks?|to|all|successfully|finally))* ${OVER}(?: ${THING})?${WHEN}`,
  `(?:successfully )?${OVER}(?: ${THING})?${WHEN}`,
  "(?:it )?(?:works|works fine|resolved|fixed|done) (?:on my (?:machine|side|end|laptop|computer)|for me|here)",
  `(?:i |we )?(?:took|taken|take) care of ${THING}|(?:that|this|it) (?:did|does) (?:the trick|it)|(?:i|we)(?:'ve| have)? (?:implemented|made|applied|completed|finished|addressed|handled) ${THING}${WHEN}`,
  `${THING} (?:is|was|has|are) (?:gone|away|history|over)${WHEN}|(?:it )?no longer (?:happens|occurs|fails)|never mind|nvm|(?:i (?:think|guess|believe|hope) )?(?:it|this|that|everything)(?:'s| is| looks| seems) (?:fine|good|ok|okay|right|correct)(?: to me| now)?`,
  // It is not done.
  `(?:it )?(?:still|again) (?:failing|fails|broken|not working|happens|the same)|(?:it|this|that) (?:still )?(?:doesn't|does not|didn't|did not) (?:work|help)|(?:the )?same (?:error|problem|issue)(?: again| here| still)?|(?:this|that|it)(?: is|'s) (?:weird|strange|odd|broken|bad|hard|a bug|not a bug)|not (?:a bug|working|reproducible)|won't ?fix|works as (?:designed|intended)`,
  // It will be done.
  `(?:i|we|let me|let's|someone|somebody|(?:i|we)(?:'ll|'m| will| am| are| should| need to| have to| want to| can|'re)|will|going to)(?: (?:now|first|then|just|also|going to|try to|to|please|better))* (?:look(?:ing)? (?:into|at)|take a (?:\\w+ )?look(?: at)?|check(?: on)?|investigat(?:e|ing)|examine|analy[sz]e|dig into|work(?:ing)? on|fix|solve|resolve|figure out|find out|see|get back(?: to you)?|think about|debug|review|continue|proceed|help(?: you| with)*)(?: ${THING})?(?: (?:what|why|how|whether|if|where)(?: (?:it|this|that|is|are|was|does|do|the|fails?|failed|failing|going|on|wrong|happens?|happened|happening|caused?|causes|${THING}))*)?(?: and get back to you)?${WHEN}`,
  `(?:looking into|working on|checking|investigating|on) ${THING}${WHEN}`,
  // Courtesies.
  "(?:many |a lot |and )*(?:thanks|thank you|thx|ty|cheers)(?: (?:so much|a lot|very much|again|all|everyone|for (?:your|the) (?:help|patience|report|time|reply|quick reply)))*",
  "good (?:morning|evening|afternoon|day)|great question|here (?:is|are) (?:the|my|a) (?:solution|fix|answer|summary|result)s?|summary(?: of (?:the )?changes)?|(?:please )?(?:give me|one|just) a (?:moment|minute|second)|is (?:any|some)(?:body|one) (?:there|here)|what (?:happened|is this|is going on|now)",
  "(?:i|we) need more (?:information|info|details|context|time)|(?:(?:can|could|would) you )?(?:please )?(?:provide|share|send|give|post|attach)(?: me| us)?(?: (?:the|some|more|any|your|full))* (?:logs?|details|information|info|context|output|error message)(?: please)?",

  "sure(?: thing)?|ok|okay|k|yes|yep|yeah|yup|no|nope|great|good|nice|perfect|awesome|cool|excellent|(?:great|good|nice) (?:job|work|idea|catch)|got it|understood|noted|will do|agreed|of course|certainly|absolutely|lgtm|sounds good|hi|hello|hey|welcome|you're welcome|you are welcome|no problem|np|my bad",
  "(?:i'm |i am |we're )?(?:so |very )?sorry(?: (?:about|for) (?:that|this|(?:the|any) (?:delay|confusion|noise|inconvenience|trouble|mistake)))?|(?:my )?apologies(?: for (?:the|any) \\w+)?|i apologi[sz]e(?: for (?:the|any) \\w+)?",
  "(?:i )?hope (?:this|that|it) helps|happy to help(?: you)?(?: with (?:this|that))?|glad (?:to help|it works|i could help)|(?:please )?let me know(?: if (?:you|that|this|it|there)(?: \\w+){0,8})?|feel free to (?:ask|reach out|contact me)(?: \\w+){0,6}|how (?:can|may) i help(?: you)?(?: today)?|what can i do for you",
  // Nothing is known.
  "none|nothing|n/?a|nil|unknown|unclear|tbd|to ?do|wip|pending|placeholder|lorem ipsum(?: \\w+)*|idk|dunno|ditto|etc|no (?:fix|solution|remedy|idea|clue|mitigation|workaround|answer|comment)s?(?: (?:yet|found|known|available|so far))*|not (?:sure|known|yet|applicable|available|fixed|solved)(?: yet)?|(?:i |we )?(?:don't|do not) (?:know|have (?:a|any) (?:idea|clue|fix|solution|answer))(?: yet)?|same as (?:above|before)|see (?:above|below|the logs?|logs?|the output|previous message)|as (?:above|before)",
  // What assistants say of themselves.
  "as an? (?:ai|artificial intelligence|large language model|language model|assistant)(?: language)?(?: model| assistant)?",
  "(?:sorry |but |i'm afraid |unfortunately )*(?:(?:i|we)(?: am|'m| are)?)?(?: sorry| afraid)?(?: but)? (?:cannot|can't|can not|could not|couldn't|unable to|not able to|was unable to|were unable to) (?:access|execute|view|help|assist|reproduce|verify|browse|determine|provide|run (?:it|this|that|commands|code|anything|the \\w+)|do (?:it|this|that)|see (?:it|this|that|the \\w+))(?: \\w+){0,6}",
  // Questions and orders.
  `(?:just |please |now )*(?:fix|solve|resolve|debug|investigate) ${THING}${WHEN}`,
  `(?:please |can |could |would |you |someone |somebody |anyone )*(?:help|advise|assist)(?: (?:me|us))?(?: (?:with|on|out))?(?: ${THING})?`,
  `(?:can|could|would) (?:you|someone|somebody|anyone)(?: please)? (?:look into|look at|check|fix|solve|explain|take a look at) ${THING}`,
  `how (?:do|can|should|could) (?:i|we) (?:fix|solve|resolve) ${THING}|what (?:should|can|do|could) (?:i|we) do(?: (?:now|next|about ${THING}))?|(?:any|some) (?:help|ideas?|news|updates?|suggestions?|thoughts)(?: (?:please|on ${THING}))?|why`,
].map((pattern) => new RegExp(`^(?:${pattern})$`));

const isChat = (text: string): boolean => {
  if (text.length > MAX_CHAT_CHARS || text.includes("`")) return false;
  const clauses = text
    .normalize("NFC")
    .toLowerCase()
    .replaceAll("\u2019", "'")
    .replace(/\p{Extended_Pictographic}|\ufe0f/gu, " ")
    .split(/[.,;:!?()\n\u2026\u2013\u2014]+(?:\s|$)|\s-\s|\n/)
    .map((clause) => clause.replace(/\s+/g, " ").trim())
    .filter((clause) => clause !== "");
  return clauses.every((clause) => clause.length <= MAX_CLAUSE_CHARS && CHAT.some((pattern) => pattern.test(clause)));
};

/** What somebody could type or click: a message that says so was a hint, and that it was right is worth knowing. */
const COMMAND =
  /`|--?\w|(?:^|\s)(?:npm|npx|pnpm|yarn|pip3?|poetry|uv|cargo|go|mvn|gradle|apt|apt-get|brew|docker|kubectl|git|make|cmake|rustup|conda|bundle|gem|composer|dotnet|terraform|helm|systemctl|sudo|chmod|export|rm|mkdir|curl|node|python3?)\s/i;
const INSTRUCTION =
  /^(?:please )?(?:run|re-?run|use|try|install|reinstall|add|remove|delete|set|unset|enable|disable|upgrade|update|downgrade|pin|check|ensure|make|restart|retry|call|pass|specify|provide|increase|decrease|raise|lower|change|replace|rename|move|create|wait|wrap|import|export|declare|define|did you|consider|configure|grant|allow|open|close|kill|stop|start|rebuild|clear|clean|give|choose|select|login|log in|sign in)\b/i;

/** Without a word, a number or an operator. */
const SIGNS = /^(?:[\s.\-*_?!()~\u2026]|\ufe0f|\p{Extended_Pictographic})*$/u;

/** Whether a text says what another one says, and nothing more. */
const saysAgain = (words: readonly string[], source: string | undefined): boolean => {
  if (source === undefined) return false;
  const said = wordingOf(source);
  // Most of it, so that one line of a long output, which may be the tool's advice, is not meant.
  return areEqual(words, said) || (words.length >= 0.8 * said.length && placeIn(said, words) >= 0);
};

const restates = ({ type, problem, mitigation: { text } }: Signal): boolean => {
  const words = wordingOf(text);
  if (words.length < LEAST_RESTATED || COMMAND.test(text)) return false;
  if (problemKind(type) === "workaround") return saysAgain(words, problem.purpose) || saysAgain(words, problem.text);
  const { error } = problem;
  if (error === undefined) return saysAgain(words, problem.text);
  if (INSTRUCTION.test(text)) return false;
  return (
    saysAgain(words, error.message) ||
    (error.name !== undefined && saysAgain(words, `${error.name}: ${error.message}`)) ||
    // A name that the message does not have, before all of the message.
    saysAgain(wordingOf(text.replace(/^\w+(?:error|exception): /i, "")), error.message)
  );
};

/** Why a proposal has no remedy in it, and what to do; `undefined` for one that may have. */
export const junkOf = (signal: Signal): string | undefined => {
  const { mitigation, discovery = "", type } = signal;
  if (mitigation.data !== undefined && Object.keys(mitigation.data).length > 0) return undefined;
  if (SIGNS.test(mitigation.text)) return "The mitigation has no words. Say what helped.";
  const kind = problemKind(type);
  if (kind !== "error" && kind !== "workaround") return undefined;
  // What was found out about the cause may be all that another one needs.
  if (wordingOf(discovery).length >= LEAST_RESTATED && !isChat(discovery)) return undefined;
  if (isChat(mitigation.text))
    return "The mitigation does not say what helped. Say what was changed, so that somebody else can do it.";
  if (restates(signal))
    return "The mitigation says the problem again. Say what helped, so that somebody else can do it.";
  return undefined;
};
