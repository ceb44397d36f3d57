/**
 * Tokens that a service makes recognisable by a prefix, and that secretlint's recommended preset does not know. Each row is taken
 * from what the issuer publishes about its format: prefix, characters, length. The last column is what the placeholder says.
 */

import type { Found } from "./secret-rules.js";

/** `[kind, pattern]`; a pattern is joined with the others, so it has no groups. Every repetition is bounded. */
const TOKENS: readonly (readonly [kind: string, pattern: string])[] = [
  // Ids of access keys: not the secret half, but they name an account and whoever leaks one leaks the other beside it.
  ["aws", "(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])"],
  ["aws", "ABSK[A-Za-z0-9+/=]{80,200}"],
  ["gcp", "AIza[\\w-]{35}"],
  ["gcp", "ya29\\.[\\w.-]{20,2048}"],
  ["gcp", "GOCSPX-[\\w-]{20,64}"],
  ["gcp", "1//0[\\w-]{30,200}"],
  ["azure", "[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"],
  ["azure", "[A-Za-z0-9+/]{76}(?:ASt|AAct|AIoT|APIM|ACDb|AzFu|AzSe)[A-Za-z0-9+/]{1,8}={0,2}"],
  // The preset wants their exact length; tools cut tokens, and fine-grained ones come in more lengths.
  ["github", "(?:gh[opsur]|github_pat)_\\w{16,255}"],
  ["gitlab", "gl(?:pat|dt|ft|soat|rt|cbt|ptt|agent|oas|imt|ffct|wt)-[\\w.-]{16,300}"],
  ["slack", "xox[a-z](?:\\.xox[a-z])?-[\\w-]{10,300}|xapp-\\d-[\\w-]{10,300}"],
  ["slack", "hooks\\.slack\\.com/(?:services|workflows|triggers)/[\\w/-]{20,200}"],
  ["stripe", "(?:[spr]k_(?:live|test)|whsec)_[A-Za-z0-9+/=]{10,250}"],
  ["openai", "sk-(?:proj|svcacct|admin|None)-[\\w-]{20,300}|sk-[A-Za-z0-9]{32,100}"],
  ["anthropic", "sk-ant-[\\w-]{16,300}"],
  ["openrouter", "sk-or-v\\d-[0-9a-f]{32,100}"],
  ["npm", "npm_[A-Za-z0-9]{30,60}"],
  ["pypi", "pypi-[\\w-]{16,1000}"],
  ["rubygems", "rubygems_[0-9a-f]{32,64}"],
  ["crates", "cio[A-Za-z0-9]{32}(?![A-Za-z0-9])"],
  ["huggingface", "(?:hf|api_org)_[A-Za-z]{30,60}"],
  ["twilio", "(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])"],
  ["sendgrid", "SG\\.[\\w-]{16,32}\\.[\\w-]{32,64}"],
  ["mailgun", "key-[0-9a-f]{32}(?![A-Za-z0-9])"],
  ["mailchimp", "[0-9a-f]{32}-us\\d{1,2}(?!\\w)"],
  ["brevo", "xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"],
  ["resend", "re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,40}"],
  ["digitalocean", "do[opr]_v1_[0-9a-f]{64}"],
  ["telegram", "\\d{8,10}:AA[\\w-]{32,35}(?![\\w-])"],
  ["discord", "[MNO][A-Za-z0-9]{23,27}\\.[\\w-]{6}\\.[\\w-]{27,40}"],
  ["discord", "discord(?:app)?\\.com/api/webhooks/\\d{15,22}/[\\w-]{40,100}"],
  ["teams", "webhook\\.office\\.com/webhookb2/[\\w@/-]{40,300}"],
  ["newrelic", "NR(?:AK|JS|RA|II)-[A-Za-z0-9_-]{16,64}"],
  ["sentry", "sntry[su]_[A-Za-z0-9+/=_-]{32,400}"],
  ["doppler", "dp\\.(?:pt|st|ct|sa|scim|audit)\\.[\\w.-]{32,100}"],
  ["atlassian", "AT(?:ATT3|CTT3|BB)[\\w=+/-]{24,300}"],
  ["pulumi", "pul-[0-9a-f]{40}"],
  ["heroku", "HRKU-[\\w-]{30,100}"],
  ["postman", "PMAK-[0-9a-f]{24}-[0-9a-f]{34}"],
  ["square", "sq0(?:atp|csp|idp)-[\\w-]{20,60}"],
  ["planetscale", "pscale_(?:tkn|pw|oauth)_[\\w.=-]{20,100}"],
  ["supabase", "sb(?:p|_secret)_[A-Za-z0-9_-]{20,64}"],
  ["fly", "fm[12][a-z]?_[A-Za-z0-9+/=_,-]{40,1000}"],
  ["terraform", "[A-Za-z0-9]{14}\\.atlasv1\\.[\\w-]{60,80}"],
  ["vault", "hv[bsr]\\.[\\w-]{20,300}"],
  ["buildkite", "bk(?:ua|ct|at)_[A-Za-z0-9]{32,64}"],
  ["airtable", "pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}"],
  ["replicate", "r8_[A-Za-z0-9]{37,40}"],
  ["perplexity", "pplx-[A-Za-z0-9]{32,64}"],
  ["xai", "xai-[A-Za-z0-9]{40,100}"],
  ["groq", "gsk_[A-Za-z0-9]{32,64}"],
  ["linear", "lin_(?:api|oauth)_[A-Za-z0-9]{32,80}"],
  ["notion", "ntn_[A-Za-z0-9]{40,60}"],
  ["netlify", "nf[pcobu]_[A-Za-z0-9]{32,64}"],
  ["circleci", "CCI(?:PAT|PRJ)_[\\w-]{30,100}"],
  ["render", "rnd_[A-Za-z0-9]{28,40}"],
  ["dynatrace", "dt0[a-z]\\d{2}\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}"],
  ["facebook", "EAA[A-Za-z0-9]{60,300}"],
  ["shopify", "shp(?:at|ca|pa|ss|ua)_[0-9a-fA-F]{32}"],
  ["databricks", "dapi[0-9a-f]{32}(?:-\\d)?"],
  ["docker", "dckr_(?:pat|oat)_[\\w-]{20,60}"],
  ["figma", "fig[dour]_[\\w-]{32,100}"],
  ["grafana", "gl(?:c|sa)_[A-Za-z0-9+/=_]{32,300}"],
  ["tailscale", "tskey-(?:[a-z]{1,12}-)?[\\w-]{16,80}"],
  ["ngrok", "\\d[A-Za-z0-9]{26}_\\d[A-Za-z0-9]{20}(?!\\w)"],
  ["vercel", "vc[apkirt]_[A-Za-z0-9]{20,80}"],
  ["cloudflare", "(?:cf(?:k|ut|at)_[\\w-]{36,64}|v1\\.0-[0-9a-f]{24}-[0-9a-f]{100,160})"],
  ["1password", "ops_ey[A-Za-z0-9+/=]{40,1200}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{5,6}-){3,5}[A-Z0-9]{5}"],
  ["age", "AGE-SECRET-KEY-1[A-Z0-9]{40,60}"],
];

const byKind = new Map<string, string[]>();
for (const [kind, pattern] of TOKENS) byKind.set(kind, [...(byKind.get(kind) ?? []), pattern]);

/** One pattern a service. A token begins where no word goes on, or `task_...` would hold `sk_...`. */
const SERVICE_TOKENS: readonly (readonly [kind: string, pattern: RegExp])[] = [...byKind].map(([kind, patterns]) => [
  kind,
  new RegExp(`(?<![A-Za-z0-9])(?:${patterns.join("|")})`, "g"),
]);

// One look for all of them: most texts hold none.
const ANY = new RegExp(`(?<![A-Za-z0-9])(?:${TOKENS.map(([, pattern]) => pattern).join("|")})`);

export const findTokens = (text: string): readonly Found[] => {
  if (!ANY.test(text)) return [];
  return SERVICE_TOKENS.flatMap(([kind, pattern]) =>
    Array.from(text.matchAll(pattern), ({ 0: token, index }) => ({ start: index, end: index + token.length, kind })),
  );
};

/** Tests hold these to their bounds. */
export const TOKEN_PATTERNS: readonly RegExp[] = [...SERVICE_TOKENS.map(([, pattern]) => pattern), ANY];
