// What is no number, or infinite, counts as the nearest finite logit or the lowest one, so that -inf can mean
// "none".
const float kLowestLogit = -3.4e38;
float finiteLogit(float v) { return isnan(v) ? kLowestLogit : clamp(v, kLowestLogit, -kLowestLogit); }
