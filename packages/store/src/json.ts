/** A column of JSON text that this store wrote. */
export const fromJson = <T>(text: string | null): T | undefined => (text === null ? undefined : (JSON.parse(text) as T))
