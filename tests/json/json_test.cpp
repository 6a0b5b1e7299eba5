// SPDX-License-Identifier: MIT
#include "json/json.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>

namespace dockhost::json {
namespace {

using std::string_literals::operator""s;

value ok(std::string_view text) {
  auto got = parse(text);
  EXPECT_TRUE(got.ok()) << text.substr(0, 80) << ": " << (got ? "" : got.err().message);
  return got ? std::move(got).value() : value();
}

std::string why(std::string_view text, const limits& bounds = {}) {
  auto got = parse(text, bounds);
  EXPECT_FALSE(got.ok()) << text.substr(0, 80);
  return got ? "" : got.err().message;
}

TEST(Json, ReadsEveryKindOfValue) {
  EXPECT_EQ(ok("null"), value());
  EXPECT_EQ(ok(" true "), value(true));
  EXPECT_EQ(ok("false"), value(false));
  EXPECT_EQ(ok("\"a\\u00e9\\n\""), value("a\xc3\xa9\n"));
  EXPECT_EQ(ok("[1,[],{}]"), value(array{1, array{}, object{}}));
  EXPECT_EQ(ok("{\"a\":1,\"b\":{\"c\":[null]}}"),
            value(object{{"a", 1}, {"b", object{{"c", array{nullptr}}}}}));
}

TEST(Json, NumbersKeepTheirKind) {
  EXPECT_EQ(ok("9223372036854775807"), value(INT64_MAX));
  EXPECT_EQ(ok("-9223372036854775808"), value(INT64_MIN));
  EXPECT_EQ(ok("18446744073709551615"), value(UINT64_MAX));
  EXPECT_EQ(ok("3"), value(3));
  EXPECT_EQ(ok("0.1"), value(0.1));
  EXPECT_EQ(ok("1e-400"), value(0.0));
}

TEST(Json, NumbersBeyond64BitsBecomeDoubles) {
  EXPECT_EQ(ok("18446744073709551616"), value(18446744073709551616.0));
  EXPECT_EQ(ok("-9223372036854775809"), value(-9223372036854775809.0));
  EXPECT_EQ(ok("1e300"), value(1e300));
  // Longer than any double: refused, with no crash and no quadratic time.
  EXPECT_FALSE(parse("1e400").ok());
  EXPECT_FALSE(parse("-1e400").ok());
  EXPECT_FALSE(parse("1e99999999999999999999").ok());
  EXPECT_FALSE(parse("9e308").ok());
  EXPECT_FALSE(parse(std::string(5'000'000, '9')).ok());
  EXPECT_EQ(ok("0." + std::string(5'000'000, '0') + "1"), value(0.0));
  EXPECT_EQ(ok("0." + std::string(400, '0') + "1e+401"), value(1.0));
  EXPECT_EQ(ok("1e-99999999999999999999"), value(0.0));
  EXPECT_EQ(ok("1." + std::string(5'000'000, '0') + "1"), value(1.0));
}

TEST(Json, DoublesAreExact) {
  std::mt19937_64 rng(11);
  for (int i = 0; i < 20'000; ++i) {
    const auto d = std::bit_cast<double>(rng());
    if (!std::isfinite(d) || std::trunc(d) == d) continue;
    EXPECT_EQ(ok(dump(value(d))), value(d));
  }
  for (const double d : {1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, 0.1, 1e23}) {
    EXPECT_EQ(ok(dump(value(d))), value(d));
  }
}

TEST(Json, RefusesWhatIsNoNumber) {
  for (const auto* text : {"NaN", "Infinity", "-", "01", "+1", "1.", ".5", "0x10", "1e", "--1"}) {
    EXPECT_FALSE(parse(text).ok()) << text;
  }
}

TEST(Json, GetIntTakesIntegralValuesThatFit) {
  std::int64_t n = 0;
  EXPECT_TRUE(value(1.0).get_int(n));
  EXPECT_EQ(n, 1);
  EXPECT_TRUE(value(-9223372036854775808.0).get_int(n));
  EXPECT_EQ(n, INT64_MIN);
  EXPECT_FALSE(value(9223372036854775808.0).get_int(n));
  EXPECT_FALSE(value(1.5).get_int(n));
  EXPECT_FALSE(value(std::nan("")).get_int(n));
  EXPECT_FALSE(value(UINT64_MAX).get_int(n));
  EXPECT_FALSE(value("1").get_int(n));
  EXPECT_FALSE(value(true).get_int(n));
}

TEST(Json, NestedAMillionDeep) {
  for (const auto* open : {"[", "{\"a\":", "[{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 1'000'000; ++i)
      text += open;
    EXPECT_EQ(why(text), "nested too deep");
  }
  EXPECT_EQ(why(std::string(1'000'000, '[') + std::string(1'000'000, ']')), "nested too deep");
  EXPECT_TRUE(parse(std::string(64, '[') + std::string(64, ']')).ok());
  EXPECT_FALSE(parse(std::string(65, '[') + std::string(65, ']')).ok());
}

TEST(Json, TenMegabytes) {
  const std::string big(10'000'000, 'x');
  EXPECT_EQ(ok('"' + big + '"'), value(big));
  limits small;
  small.max_bytes = 1'000;
  EXPECT_EQ(why('"' + big + '"', small), "too large");
  // Ten megabytes of the smallest values there are: the count bounds the tree.
  std::string zeros = "[0";
  while (zeros.size() < 10'000'000)
    zeros += ",0";
  zeros += ']';
  EXPECT_EQ(why(zeros), "too many values");
  std::string empties = "[[]";
  while (empties.size() < 10'000'000)
    empties += ",[]";
  empties += ']';
  EXPECT_EQ(why(empties), "too many values");
}

TEST(Json, DuplicateKeysTheLastWins) {
  EXPECT_EQ(ok(R"({"a":1,"b":2,"a":3})"), value(object{{"a", 3}, {"b", 2}}));
  EXPECT_EQ(ok(R"({"__proto__":1,"__proto__":{"x":2}})"),
            value(object{{"__proto__", object{{"x", 2}}}}));
  std::string many = "{\"a\":0";
  for (int i = 0; i < 20; ++i)
    many += ",\"k" + std::to_string(i % 10) + "\":" + std::to_string(i);
  many += ",\"a\":7}";
  const auto got = ok(many);
  ASSERT_NE(got.as_object(), nullptr);
  EXPECT_EQ(got.as_object()->size(), 11U);
  EXPECT_EQ(got.as_object()->front(), (std::pair<std::string, value>{"a", 7}));
  EXPECT_EQ(*got.find("k3"), value(13));
}

TEST(Json, AHundredThousandKeysInLinearTime) {
  const auto took = [](int distinct) {
    std::string text = "{";
    for (int i = 0; i < 100'000; ++i) {
      if (i != 0) text += ',';
      text += "\"key" + std::to_string(i % distinct) + "\":" + std::to_string(i);
    }
    text += '}';
    const auto begin = std::chrono::steady_clock::now();
    const auto got = ok(text);
    EXPECT_EQ(got.as_object()->size(), static_cast<std::size_t>(distinct));
    return std::chrono::steady_clock::now() - begin;
  };
  // Comparing all with all would be 5e9 string comparisons: far beyond this bound.
  EXPECT_LT(took(100'000), std::chrono::seconds(5));
  EXPECT_LT(took(3), std::chrono::seconds(5));
}

TEST(Json, InvalidUtf8IsRefused) {
  for (const auto& bytes :
       {"\x80"s, "\xc3"s, "\xc3("s, "\xc0\xaf"s, "\xe0\x80\xaf"s, "\xed\xa0\x80"s,
        "\xf0\x80\x80\xaf"s, "\xf4\x90\x80\x80"s, "\xff"s, "\xf8\x88\x80\x80\x80"s, "\xe2\x82"s}) {
    EXPECT_FALSE(parse("\"" + bytes + "\"").ok());
    EXPECT_FALSE(parse("{\"" + bytes + "\":1}").ok());
    EXPECT_FALSE(parse("\"" + bytes).ok()); // cut off at the end of the buffer
  }
  EXPECT_EQ(ok("\"\xf0\x9f\x90\xb3\xed\x9f\xbf\""), value("\xf0\x9f\x90\xb3\xed\x9f\xbf"));
  EXPECT_FALSE(parse("\xef\xbb\xbf{}").ok()); // a byte order mark is no JSON
}

TEST(Json, LoneSurrogatesAreRefused) {
  for (const auto* text :
       {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\ud800")", R"("\udfff\ud800")",
        R"("a\udbff")", R"({"\udc00":1})", R"("\ud83dxdc33")"}) {
    EXPECT_FALSE(parse(text).ok()) << text;
  }
  EXPECT_EQ(ok(R"("\ud83d\udc33")"), value("\xf0\x9f\x90\xb3"));
}

TEST(Json, NulSurvivesInStringsAndEndsNothing) {
  const auto text = "a\0b"s;
  EXPECT_EQ(ok(R"("a\u0000b")"), value(text));
  EXPECT_EQ(dump(value(text)), R"("a\u0000b")");
  EXPECT_FALSE(parse("{}\0{}"s).ok());
  EXPECT_FALSE(parse("{}\0"s).ok());
  EXPECT_FALSE(parse("\"\0\""s).ok());
}

TEST(Json, GarbageIsRefused) {
  for (const auto* text :
       {"", " ", "{", "}", "[1,]", "{\"a\"}", "{a:1}", "{\"a\":1,}", "nul", "1 2", "\"", "\"\\x\"",
        "\"\\u12\"", "'a'", "[1}", "// c\n1", "\"\n\""}) {
    EXPECT_FALSE(parse(text).ok()) << text;
  }
}

TEST(Json, WritesAsJavaScriptDoes) {
  EXPECT_EQ(dump(value(object{{"a\"\\\n\x01", array{1, -2, 0.5, nullptr, true}}})),
            "{\"a\\\"\\\\\\n\\u0001\":[1,-2,0.5,null,true]}");
  EXPECT_EQ(dump(value(100000.0)), "100000");
  EXPECT_EQ(dump(value(-0.0)), "0");
  EXPECT_EQ(dump(value(1e21)), "1e+21");
  EXPECT_EQ(dump(value(123456789012345680000.0)), "123456789012345680000");
  EXPECT_EQ(dump(value(-1.5e-7)), "-1.5e-7");
  EXPECT_EQ(dump(value(1e-6)), "0.000001");
  EXPECT_EQ(dump(value(0.00012)), "0.00012");
  EXPECT_EQ(dump(value(12.25)), "12.25");
  EXPECT_EQ(dump(value(5e-324)), "5e-324");
  EXPECT_EQ(dump(value(1.7976931348623157e308)), "1.7976931348623157e+308");
  EXPECT_EQ(dump(value(std::numeric_limits<double>::infinity())), "null");
  EXPECT_EQ(dump(value(std::nan(""))), "null");
  EXPECT_EQ(dump(value("/<>\x7f\xe2\x80\xa8")), "\"/<>\x7f\xe2\x80\xa8\"");
}

TEST(Json, InvalidUtf8IsReplacedWhenWritten) {
  const auto bad = "\xef\xbf\xbd"s;
  EXPECT_EQ(dump(value("a\xff"
                       "b")),
            "\"a" + bad + "b\"");
  EXPECT_EQ(dump(value("\xe2\x82")), '"' + bad + '"');
  EXPECT_EQ(dump(value("\xed\xa0\x80")), '"' + bad + bad + bad + '"');
  EXPECT_EQ(dump(value("\xf0\x9f\x90\n")), '"' + bad + "\\n\"");
}

value random_value(std::mt19937& rng, int depth) {
  const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(rng); };
  switch (pick(depth > 0 ? 8 : 6)) {
  case 0: return nullptr;
  case 1: return pick(2) == 0;
  case 2: return static_cast<std::int64_t>((std::uint64_t{rng()} << 32U) | rng());
  case 3: return static_cast<double>(rng()) / 7 + 0.123;
  case 4: return UINT64_MAX - rng();
  case 5: {
    std::string s;
    for (int n = pick(20); n > 0; --n)
      s += static_cast<char>(pick(128));
    return s;
  }
  case 6: {
    array a;
    for (int n = pick(5); n > 0; --n)
      a.push_back(random_value(rng, depth - 1));
    return a;
  }
  default: {
    object o;
    for (int n = pick(5); n > 0; --n) {
      o.emplace_back("k" + std::to_string(n), random_value(rng, depth - 1));
    }
    return o;
  }
  }
}

TEST(Json, RoundTrips) {
  std::mt19937 rng(7);
  for (int i = 0; i < 3'000; ++i) {
    const auto v = random_value(rng, 5);
    const auto text = dump(v);
    EXPECT_EQ(ok(text), v) << text;
    EXPECT_EQ(dump(ok(text)), text);
  }
}

/// Every prefix and every single changed byte of a document: an answer, never a crash.
TEST(Json, BrokenDocumentsNeverCrash) {
  const std::string text = "{\"a\":[1,-2.5e3,\"\\ud83d\\udc33\xc3\xa9\",{\"b\":null}],\"c\":true}";
  std::mt19937 rng(3);
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(parse(text.substr(0, i)).ok());
    for (int k = 0; k < 256; ++k) {
      auto changed = text;
      changed[i] = static_cast<char>(k);
      const auto got = parse(changed);
      if (!got) continue;
      EXPECT_TRUE(parse(dump(*got)).ok());
    }
  }
}

} // namespace
} // namespace dockhost::json
