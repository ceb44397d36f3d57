/** What a person can do when a rule of PROTOCOL.md was broken. The node says what the rule is; this is what follows from it. */
interface Advice {
  readonly meaning: string;
  readonly todo: string;
}

const FORGED: Advice = {
  meaning: "Somebody sent bytes that no writer of this swarm would send. They changed nothing.",
  todo: "If it goes on, find who connects from there. A peer of an old or damaged build does this too: update it.",
};
const WAITS: Advice = {
  meaning: "A peer was busy, behind, or asked for what is not here yet. Nothing is lost, and it comes by itself.",
  todo: "Nothing, unless the count grows all the time: then run herdmind doctor.",
};
const DISK: Advice = {
  meaning: "The disk of this node does not hold what it should.",
  todo: "Run herdmind doctor, free or replace the disk; what is missing comes back from other peers.",
};
const NOT_OURS: Advice = {
  meaning: "Somebody connected who may not, or no longer: without a valid ticket, token or role.",
  todo: "If it is one of yours, give it a new invitation. If not, it was kept out.",
};

const ADVICE: { readonly [rule: string]: Advice } = {
  L1: FORGED,
  L2: FORGED,
  L3: WAITS,
  L4: FORGED,
  L5: {
    meaning:
      "A signature was not valid: somebody tried to write in another's name, or bytes were damaged on their way.",
    todo: "Nothing was taken. If it goes on, find who connects from there.",
  },
  L6: {
    meaning: "One writer signed two different histories. What it wrote from there on counts nowhere.",
    todo: "Its machine was copied or rolled back, or its key was stolen: invite it anew with a new directory.",
  },
  L7: {
    meaning: "Something was larger than any honest record: a text, a block, or a request.",
    todo: "Look at what that agent reports; shorten its texts to the lines that matter.",
  },
  L8: DISK,
  A1: NOT_OURS,
  A2: {
    meaning: "Somebody wrote canon who does not hold its term.",
    todo: "Two orchestrators run: end the older one, or look who has a copy of its directory.",
  },
  A3: {
    meaning: "The writer was revoked, or its invitation had expired or was used up.",
    todo: "If it should take part, invite it again.",
  },
  A4: {
    meaning: "Two peers computed different views of one canon. This must not happen.",
    todo: "Update both peers to one version, and report it as an error of Herdmind.",
  },
  E1: {
    meaning: "A claim of success rested on too few independent writers.",
    todo: "Nothing: more outcomes of others decide it.",
  },
  E2: {
    meaning: "A proposal held a secret, and canon did not take it.",
    todo: "Change that secret: it stands in its author's log. Then report again without it.",
  },
  E3: {
    meaning: "A recall left something out without a word. This must not happen.",
    todo: "Report it as an error of Herdmind.",
  },
  E4: { meaning: "A text tried to pass for an instruction.", todo: "Look at who wrote it. It was shown as data." },
  E5: { meaning: "Something of a newer version came. It is kept and forwarded as it is.", todo: "Update this node." },
  E6: FORGED,
  E7: FORGED,
  E8: FORGED,
  E9: {
    meaning:
      "A proposal added nothing: no remedy in it, or what canon has already. A repeated one counts as an outcome.",
    todo: "Nothing. If an agent does it often, let it recall before it reports.",
  },
  E10: FORGED,
  E11: {
    meaning:
      "Something was to be written to the shared memory that does not fit it: a name, a value or a number of items.",
    todo: "Read the message: it says which bound. Split the value, or remove what nobody reads any more.",
  },
  R1: {
    meaning: "A record or a question did not have the form that the protocol gives it.",
    todo: "Read the message: it names the member that is wrong. A peer of an old build: update it.",
  },
  S1: DISK,
  S2: {
    meaning: "Two processes wanted one data directory.",
    todo: "End one of them; one node serves a whole machine.",
  },
  S3: { meaning: "The data directory is of a newer version.", todo: "Update this program." },
  S4: DISK,
  S5: {
    meaning: "The data directory was copied, restored or moved. Its logs go on in new generations.",
    todo: "Nothing, if that was you.",
  },
  T1: NOT_OURS,
  T2: NOT_OURS,
  T3: WAITS,
  T4: {
    meaning: "Somebody speaks another version, or none at all.",
    todo: "Update the older of the two. A port scanner does this too.",
  },
  T5: NOT_OURS,
  T6: FORGED,
};

const UNKNOWN: Advice = {
  meaning: "This page does not know this rule: the node is newer.",
  todo: "Read the message, and PROTOCOL.md of its version.",
};

export const adviceOn = (rule: string): Advice => (Object.hasOwn(ADVICE, rule) ? (ADVICE[rule] as Advice) : UNKNOWN);
