/** `4.2 /min`, `12 /s`. */
export const rate = (perMinute: number): string =>
  perMinute >= 60
    ? `${Number((perMinute / 60).toFixed(1))} /s`
    : `${Number(perMinute.toFixed(perMinute < 10 ? 1 : 0))} /min`;
