// Programs that start other ones: what a rule denies is looked for behind them. Lists can only hold what is known to do
// so; what any other program does once it runs is the sandbox's affair.
const names = (list: string) => new Set(list.split(' '))

/** They run what they are given as text, or what they read. */
export const SHELLS = names('sh bash dash zsh ksh mksh ash rbash csh tcsh fish pwsh su script source .')

/** They start what follows somewhere among their words. */
export const STARTERS = names(
  'busybox builtin chroot chrt command doas entr env exec fakeroot fd find flock function ionice ltrace nice nohup npx nsenter parallel pkexec prlimit proot rlwrap runuser screen setarch setpriv setsid ssh stdbuf strace sudo systemd-run taskset time timeout tmux toybox unbuffer unshare valgrind watch xargs',
)

/** One word of theirs may be a whole command line, now or later. */
const SPOKEN_TO = names('alias entr flock mapfile npx parallel readarray runuser screen ssh tmux trap watch')

/** What a word among such a program's `words` may be as a command line; undefined: it is none. */
export function lineIn(program: string, word: string, words: string[]): string | undefined {
  if (program === 'alias') return word.slice(word.indexOf('=') + 1)
  if (!/\s/.test(word)) return undefined
  if (program !== 'env') return SPOKEN_TO.has(program) ? word : undefined
  return words.some((one) => SPLIT.test(one)) ? word.replace(SPLIT, '') : undefined
}

/** What tells env to take a word apart. */
const SPLIT = /^(-[a-z]*S|--split-string=?)\s*/
