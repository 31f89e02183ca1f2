/** Seconds as `0:07`, `12:34`, `1:02:03` or `2 d 3 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const [days, hours, minutes] = [
    Math.floor(whole / 86400),
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours % 24} h`;
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
