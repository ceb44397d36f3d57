import { percent, plural } from "./figures.js";

/** The chance that a remedy works next time, with what it stands on. */
export const Confidence = ({
  mean,
  worked,
  failed,
}: {
  readonly mean: number;
  readonly worked: number;
  readonly failed: number;
}) => (
  <span className="confidence">
    <span className="confidence-bar" aria-hidden="true">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect width="100" height="6" className="confidence-rest" />
        <rect width={Math.max(0, Math.min(1, mean)) * 100} height="6" className="confidence-mean" />
      </svg>
    </span>
    <span className="confidence-text">
      <b>{percent(mean)}</b> <span className="visually-hidden">confidence: </span>
      <span className="muted">
        {worked + failed === 0
          ? "untried"
          : `${plural(worked, "worked", "worked")}, ${plural(failed, "failed", "failed")}`}
      </span>
    </span>
  </span>
);
