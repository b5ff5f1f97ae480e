export type { Coalition, Ends, Plays, Worth } from './game.ts'
