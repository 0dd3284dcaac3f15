/** What `public/first.js` asked before any module had come. */
declare global {
  interface Window {
    early?: Partial<Record<string, Promise<Response>>>;
  }
}

const FIRST_PAGE_MS = 15_000; // what nobody has taken by then is old

/** The answer from there, told once; null where nothing was asked or answered. */
export async function early(path: string): Promise<Response | null> {
  const answer = window.early?.[path];
  delete window.early?.[path];
  if (!answer || performance.now() > FIRST_PAGE_MS) return null;
  return answer.catch(() => null);
}
