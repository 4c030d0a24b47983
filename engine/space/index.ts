/** What takes how much room, how much is left, and giving back what nothing uses. */
export { type Compacted, compact } from './compact';
export { browserDisk, type Disk } from './disk';
export { FULL_BELOW, LOW_BELOW, type RoomWatch, watchRoom } from './room';
export { measure } from './measure';
