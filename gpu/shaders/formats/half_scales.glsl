// One half per group, 8 groups in a piece: word i holds those of groups i and i + 4.
struct Scales { uvec4 words; };

Scales openGroup(uvec4 aux, uint g) { return Scales(uvec4(aux[g & 3u] >> (g >> 2) * 16u, 0u, 0u, 0u)); }
float groupScale(Scales s) { return unpackHalf2x16(s.words.x).x; }
