// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"
#include "io/base/json.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace expertscope {

/// Typed access to the keys of one object of config.json. A wrong value does not interrupt: the first one is kept as
/// error(), and the reading code stays one line a key. Missing keys give the fallback; null only where a function says
/// so.
class ConfigReader
{
public:
    ConfigReader(const JsonValue& object, std::string where);

    bool has(std::string_view key) const; ///< present, and be it null
    bool isNull(std::string_view key) const; ///< missing or null

    std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t low, std::int64_t high);
    std::optional<std::int64_t> optionalInteger(
        std::string_view key, std::int64_t low, std::int64_t high); ///< null: none
    /// A size: at least 1, at most 2^31 - 1.
    std::int64_t size(std::string_view key, std::int64_t fallback);
    /// The same, or a list of the same size for each layer.
    std::int64_t sizeOfEachLayer(std::string_view key, std::int64_t fallback);
    double number(std::string_view key, double fallback);
    double requiredNumber(std::string_view key);
    std::optional<double> optionalNumber(std::string_view key); ///< null: none
    bool boolean(std::string_view key, bool fallback);
    std::optional<std::string> string(std::string_view key); ///< null: none
    std::optional<std::vector<std::string>> strings(std::string_view key); ///< null: none
    bool isWord(std::string_view key, std::string_view word) const; ///< present, and that string
    std::vector<std::int64_t> integers(std::string_view key); ///< null: empty
    std::vector<double> requiredNumbers(std::string_view key);
    /// The object under `key`, sharing error(); none where it is missing or null.
    std::optional<ConfigReader> object(std::string_view key);

    const JsonValue& value() const { return *m_object; }
    /// Keeps an error about `key`, if it is the first.
    void refuse(std::string_view key, std::string what, std::string hint = {}) const;
    bool failed() const { return m_error->has_value(); }
    const Error& error() const { return **m_error; }

private:
    /// A key that is there twice with different values is an error as soon as somebody wants it.
    const JsonValue* find(std::string_view key) const;
    void wrongType(std::string_view key, const JsonValue& value, const char* wanted);
    double asNumber(std::string_view key, const JsonValue& value);
    std::int64_t asInteger(std::string_view key, const JsonValue& value, std::int64_t low, std::int64_t high);

    const JsonValue* m_object;
    std::string m_where; ///< "config.json" or "config.json: rope_scaling"
    std::shared_ptr<std::optional<Error>> m_error;
};

}
