/** The shop's mark, drawn in place: a file of its own would be one request more on every page. */
export function BrandMark() {
  return (
    <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#1f6b4c" />
      <path
        d="M5 23 12.5 11l4.2 6.6 2.6-3.9L27 23"
        fill="none"
        stroke="#fff"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="22.5" cy="8.5" r="2" fill="#ffd479" />
    </svg>
  );
}
