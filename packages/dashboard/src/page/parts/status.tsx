/** What canon holds of an entry: told by word, sign and colour. */
import { Icon, type IconName } from "./icon.js";

const ICONS: { readonly [status: string]: IconName } = {
  active: "check",
  contested: "contested",
  revoked: "cross",
  superseded: "superseded",
};

export const STATUSES = ["active", "contested", "revoked", "superseded"] as const;

export const STATUS_MEANING: { readonly [status: string]: string } = {
  active: "may be applied",
  contested: "outcomes speak for it and against it",
  revoked: "is not to be used any more",
  superseded: "another entry took its place",
};

export const isKnownStatus = (status: string): boolean => Object.hasOwn(ICONS, status);

export const Status = ({ status }: { readonly status: string }) => (
  <span className={`status is-${isKnownStatus(status) ? status : "unknown"}`} title={STATUS_MEANING[status]}>
    <Icon name={ICONS[status] ?? "contested"} />
    {isKnownStatus(status) ? status : "unknown"}
  </span>
);
