// SPDX-License-Identifier: GPL-3.0-or-later
//
// A label is text. One rule says which: a string as it stands; a number as the shortest decimal text of its value, so
// that numbers equal in value (1, 1.0, 1e0) are one label; true and false by those names; null and NaN are no label.
#pragma once

#include "io/base/json.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace expertscope {

/// Nothing for null and NaN. Objects and arrays are no label: an error without a place.
Expected<std::optional<std::string>> labelText(const JsonValue& value);

/// Empty names, and those with '/', '=' or a line break, cannot be asked for.
bool isLabelName(std::string_view name);

/// What stands beside "text" in the objects of an input: scalars are labels as if under "labels", unless a key's values
/// are none that documents could be grouped by. What a key turns out to be holds for all documents.
class KeysBesideText
{
public:
    using Values = std::map<std::string, std::string>;

    /// Takes up one document's key.
    void add(const std::string& key, const JsonValue& value, Values& values);
    /// When all documents were seen: the keys that are not labels, each with the reason, "url (…)".
    std::vector<std::string> notLabels();
    /// Of those values the ones that are labels; to be called after notLabels().
    void keepLabels(Values& values) const;

private:
    struct Key
    {
        std::string reason; ///< why it is no label; empty: it is
        std::size_t documents = 0;
        std::set<std::string> distinct; ///< as long as they are counted
    };
    std::map<std::string, Key> m_keys;
};

}
