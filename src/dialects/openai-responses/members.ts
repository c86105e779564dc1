import { extraMembers } from '../extra-members.ts'

export { isObject } from '../../call/json.ts'
export { defined, type Members, ObjectReader } from '../object-reader.ts'

export const NAME = 'openai-responses'

export const { extraOf, isOwn, note, ownMembers, nestedMembers } = extraMembers(NAME)
