// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/json_tree.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

namespace expertscope::tokenizer {

const char* JsonValue::kindName() const
{
    switch (m_kind) {
    case Kind::Null:
        return "null";
    case Kind::Boolean:
        return "a boolean";
    case Kind::Integer:
    case Kind::Real:
        return "a number";
    case Kind::String:
        return "a string";
    case Kind::Array:
        return "an array";
    case Kind::Object:
        return "an object";
    }
    return "?";
}

/// nlohmann's parser feeds this; it does not recurse, so depth is ours to limit.
class JsonTreeBuilder : public nlohmann::json_sax<nlohmann::json>
{
public:
    JsonTreeBuilder(std::pmr::memory_resource& memory, const std::string& name)
        : m_memory(memory)
        , m_name(name)
    {
    }

    JsonValue root;
    std::optional<Error> error;

    bool null() override { return add({}); }
    bool boolean(bool value) override
    {
        JsonValue v;
        v.m_kind = JsonValue::Kind::Boolean;
        v.m_integer = value;
        return add(v);
    }
    bool number_integer(number_integer_t value) override
    {
        JsonValue v;
        v.m_kind = JsonValue::Kind::Integer;
        v.m_integer = value;
        return add(v);
    }
    bool number_unsigned(number_unsigned_t value) override
    {
        if (value > static_cast<std::uint64_t>(INT64_MAX))
            return number_float(static_cast<double>(value), {});
        return number_integer(static_cast<std::int64_t>(value));
    }
    bool number_float(number_float_t value, const string_t&) override
    {
        JsonValue v;
        v.m_kind = JsonValue::Kind::Real;
        v.m_real = value;
        return add(v);
    }
    bool string(string_t& value) override
    {
        JsonValue v;
        v.m_kind = JsonValue::Kind::String;
        const std::string_view kept = keep(value);
        v.m_string = kept.data();
        v.m_size = kept.size();
        return add(v);
    }
    bool binary(binary_t&) override { return false; }

    bool start_object(std::size_t) override { return start(true); }
    bool start_array(std::size_t) override { return start(false); }
    bool key(string_t& value) override
    {
        m_frames.back().key = keep(value);
        return true;
    }

    bool end_object() override
    {
        const Frame frame = m_frames.back();
        const std::span<const JsonMember> pending(m_pending.data() + frame.first, m_pending.size() - frame.first);
        if (const auto twice = duplicate(pending)) {
            m_frames.pop_back();
            error = Error{"key '" + shortened(*twice) + "' is there twice", place(), {}};
            return false;
        }
        JsonValue v;
        v.m_kind = JsonValue::Kind::Object;
        v.m_size = pending.size();
        v.m_members = copy<JsonMember>(pending.size(), [&](std::size_t i) { return pending[i]; });
        return end(v);
    }

    bool end_array() override
    {
        const std::size_t first = m_frames.back().first;
        JsonValue v;
        v.m_kind = JsonValue::Kind::Array;
        v.m_size = m_pending.size() - first;
        v.m_items = copy<JsonValue>(v.m_size, [&](std::size_t i) { return m_pending[first + i].value; });
        return end(v);
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& ex) override
    {
        std::string what = ex.what();
        if (const auto bracket = what.find("] "); bracket != std::string::npos)
            what.erase(0, bracket + 2);
        error = Error{"not valid JSON: " + shortened(what, 200), m_name + ": byte " + std::to_string(position), {}};
        return false;
    }

private:
    struct Frame
    {
        bool object;
        std::size_t first; // of this container's children in m_pending
        std::string_view key;
    };

    static std::string shortened(std::string_view text, std::size_t limit = 60)
    {
        return text.size() <= limit ? std::string(text) : std::string(text.substr(0, limit)) + "...";
    }

    std::string_view keep(const std::string& text)
    {
        if (text.empty())
            return {"", 0};
        char* at = static_cast<char*>(m_memory.allocate(text.size(), 1));
        std::memcpy(at, text.data(), text.size());
        return {at, text.size()};
    }

    template <class T, class F> T* copy(std::size_t count, F&& item)
    {
        if (count == 0)
            return nullptr;
        T* at = static_cast<T*>(m_memory.allocate(count * sizeof(T), alignof(T)));
        for (std::size_t i = 0; i < count; ++i)
            new (at + i) T(item(i));
        return at;
    }

    bool add(const JsonValue& value)
    {
        if (m_frames.empty())
            root = value;
        else
            m_pending.push_back({m_frames.back().key, value});
        return true;
    }

    bool start(bool object)
    {
        if (m_frames.size() == kMaxJsonDepth) {
            error = Error{"nested deeper than " + std::to_string(kMaxJsonDepth) + " levels", place(), {}};
            return false;
        }
        m_frames.push_back({object, m_pending.size(), {}});
        return true;
    }

    bool end(const JsonValue& value)
    {
        m_pending.resize(m_frames.back().first);
        m_frames.pop_back();
        return add(value);
    }

    static std::optional<std::string_view> duplicate(std::span<const JsonMember> members)
    {
        std::vector<std::string_view> keys(members.size());
        std::transform(members.begin(), members.end(), keys.begin(), [](const JsonMember& m) { return m.key; });
        std::sort(keys.begin(), keys.end());
        const auto twice = std::adjacent_find(keys.begin(), keys.end());
        return twice == keys.end() ? std::nullopt : std::optional(*twice);
    }

    std::string place() const
    {
        std::string path;
        for (std::size_t i = 0; i < m_frames.size(); ++i) {
            const std::size_t end = i + 1 < m_frames.size() ? m_frames[i + 1].first : m_pending.size();
            if (m_frames[i].object)
                path += (path.empty() ? "" : ".") + shortened(m_frames[i].key);
            else
                path += "[" + std::to_string(end - m_frames[i].first) + "]";
        }
        return path.empty() ? m_name : m_name + ": " + path;
    }

    std::pmr::memory_resource& m_memory;
    const std::string& m_name;
    std::vector<Frame> m_frames;
    std::vector<JsonMember> m_pending;
};

Expected<JsonTree> parseJson(std::string_view text, const std::string& name)
{
    if (text.size() > kMaxJsonBytes)
        return fail("larger than " + std::to_string(kMaxJsonBytes >> 20) + " MiB", name);
    JsonTree tree;
    tree.memory = std::make_unique<std::pmr::monotonic_buffer_resource>(text.size() / 2 + 1024);
    JsonTreeBuilder builder(*tree.memory, name);
    try {
        if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
            return tl::unexpected(builder.error.value_or(Error{"not valid JSON", name, {}}));
    } catch (const std::exception& ex) { // out of memory, or a number nlohmann cannot hold
        return fail(std::string("cannot be read: ") + ex.what(), name);
    }
    tree.root = builder.root;
    return tree;
}

}
