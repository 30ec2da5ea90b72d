// The step's records at binding 0 (layout in params.h).
layout(set = 0, binding = 0, std430) readonly buffer StepRecords { uvec4 records[]; };

uint stepTokens() { return records[0].x; }
uint stepWanted() { return records[0].y; }
uvec4 tokenRecord(uint t) { return records[2u + 2u * t]; }
uvec4 wantedRecord(uint r) { return records[3u + 2u * r]; }
