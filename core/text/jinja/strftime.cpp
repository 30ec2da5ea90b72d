#include "core/text/jinja/strftime.h"

#include <chrono>
#include <cstdio>
#include <ctime>

namespace cutaway::jinja {
namespace {

struct Time {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;

  std::chrono::sys_days date() const {
    return std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
           std::chrono::day(static_cast<unsigned>(day));
  }
  int weekday() const {
    return static_cast<int>(std::chrono::weekday(date()).c_encoding());
  }  ///< Sunday is 0
  int yearDay() const {
    return static_cast<int>((date() - std::chrono::sys_days(std::chrono::year(year) / 1 / 1)).count()) + 1;
  }
  int hour12() const { return hour % 12 == 0 ? 12 : hour % 12; }
};

constexpr const char* kDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                 "Thursday", "Friday", "Saturday"};
constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                   "July",    "August",   "September", "October", "November", "December"};

std::string padded(int value, std::size_t width, char fill = '0') {
  const std::string digits = std::to_string(value);
  return std::string(digits.size() < width ? width - digits.size() : 0, fill) + digits;
}

struct Code {
  std::string_view code;
  std::string (*write)(const Time& time);
};

constexpr Code kCodes[] = {
    {"Y", [](const Time& t) { return padded(t.year, 4); }},
    {"y", [](const Time& t) { return padded(t.year % 100, 2); }},
    {"m", [](const Time& t) { return padded(t.month, 2); }},
    {"-m", [](const Time& t) { return padded(t.month, 1); }},
    {"d", [](const Time& t) { return padded(t.day, 2); }},
    {"-d", [](const Time& t) { return padded(t.day, 1); }},
    {"e", [](const Time& t) { return padded(t.day, 2, ' '); }},
    {"H", [](const Time& t) { return padded(t.hour, 2); }},
    {"-H", [](const Time& t) { return padded(t.hour, 1); }},
    {"I", [](const Time& t) { return padded(t.hour12(), 2); }},
    {"-I", [](const Time& t) { return padded(t.hour12(), 1); }},
    {"M", [](const Time& t) { return padded(t.minute, 2); }},
    {"S", [](const Time& t) { return padded(t.second, 2); }},
    {"p", [](const Time& t) { return std::string(t.hour < 12 ? "AM" : "PM"); }},
    {"j", [](const Time& t) { return padded(t.yearDay(), 3); }},
    {"B", [](const Time& t) { return std::string(kMonths[t.month - 1]); }},
    {"b", [](const Time& t) { return std::string(kMonths[t.month - 1], 3); }},
    {"h", [](const Time& t) { return std::string(kMonths[t.month - 1], 3); }},
    {"A", [](const Time& t) { return std::string(kDays[t.weekday()]); }},
    {"a", [](const Time& t) { return std::string(kDays[t.weekday()], 3); }},
    {"w", [](const Time& t) { return padded(t.weekday(), 1); }},
    {"u", [](const Time& t) { return padded(t.weekday() == 0 ? 7 : t.weekday(), 1); }},
    {"F",
     [](const Time& t) { return padded(t.year, 4) + "-" + padded(t.month, 2) + "-" + padded(t.day, 2); }},
    {"T",
     [](const Time& t) { return padded(t.hour, 2) + ":" + padded(t.minute, 2) + ":" + padded(t.second, 2); }},
    {"R", [](const Time& t) { return padded(t.hour, 2) + ":" + padded(t.minute, 2); }},
    {"D",
     [](const Time& t) {
       return padded(t.month, 2) + "/" + padded(t.day, 2) + "/" + padded(t.year % 100, 2);
     }},
    {"n", [](const Time&) { return std::string("\n"); }},
    {"t", [](const Time&) { return std::string("\t"); }},
    {"%", [](const Time&) { return std::string("%"); }},
};

Result<Time> readTime(const std::string& now) {
  Time t;
  if (now.empty()) {
    const std::time_t seconds = std::time(nullptr);
    std::tm local = {};
    localtime_r(&seconds, &local);
    return Time{local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                local.tm_hour,        local.tm_min,     local.tm_sec};
  }
  const int read = std::sscanf(now.c_str(), "%4d-%2d-%2d%*1[T ]%2d:%2d:%2d", &t.year, &t.month, &t.day,
                               &t.hour, &t.minute, &t.second);
  const auto date = std::chrono::year(t.year) / std::chrono::month(static_cast<unsigned>(t.month)) /
                    std::chrono::day(static_cast<unsigned>(t.day));
  const bool valid = read >= 3 && date.ok() && t.year >= 0 && t.hour >= 0 && t.hour < 24 && t.minute >= 0 &&
                     t.minute < 60 && t.second >= 0 && t.second <= 60;
  if (!valid)
    return fail(ErrorKind::badInput, "'", now, "' is no ISO 8601 time such as 2025-07-10T12:00:00Z");
  return t;
}

}  // namespace

Result<std::string> formatTime(std::string_view format, const std::string& now) {
  const Time time = TRY(readTime(now));
  std::string out;
  for (std::size_t at = 0; at < format.size();) {
    if (format[at] != '%') {
      out += format[at++];
      continue;
    }
    const std::string_view rest = format.substr(at + 1);
    const Code* found = nullptr;
    for (const Code& code : kCodes)
      if (found == nullptr && rest.starts_with(code.code)) found = &code;
    if (found == nullptr) return fail(ErrorKind::badInput, "unknown time code '%", rest.substr(0, 1), "'");
    out += found->write(time);
    at += 1 + found->code.size();
  }
  return out;
}

}  // namespace cutaway::jinja
