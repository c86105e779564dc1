import { extraMembers } from '../extra-members.ts'

export { isObject } from '../../call/json.ts'
export { defined, type Members, ObjectReader, place } from '../object-reader.ts'

export const DIALECT = 'openai-responses'

export const { extraOf, isOwn, noteOf, ownMembers, nestedMembers } = extraMembers(DIALECT)
