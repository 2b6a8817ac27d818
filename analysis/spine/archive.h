// SPDX-License-Identifier: GPL-3.0-or-later
//
// The state of an accumulator as bytes and back: what `--shard` writes and `merge` reads. One function, persist(), names
// the members for both directions, so that they cannot differ.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace expertscope {

static_assert(std::endian::native == std::endian::little, "archives are little-endian");

class Archive
{
public:
    Archive() = default; ///< writes
    explicit Archive(std::string_view bytes) ///< reads; the bytes must stay
        : m_input(bytes)
        , m_reading(true)
    {
    }

    bool reading() const { return m_reading; }
    /// Reading: false once the bytes ended early or a size did not fit. What was read by then is to be thrown away.
    bool ok() const { return m_ok; }
    bool atEnd() const { return m_input.empty(); }
    const std::string& bytes() const { return m_output; }
    /// To be called by who has read something that cannot be.
    void refuse() { m_ok = false; }

    /// Numbers, enums, strings, vectors, maps, pairs, arrays, optionals, and whatever has persist(Archive&).
    template <class... T> void operator()(T&... values) { (one(values), ...); }

    /// A vector whose size both sides know: another one in the bytes makes the archive not ok.
    template <class T> void fixed(std::vector<T>& values)
    {
        std::uint64_t size = values.size();
        one(size);
        if (size != values.size())
            m_ok = false;
        if (m_ok)
            elements(values);
    }

    /// For members that must be made before they are filled: whether there is one.
    bool present(bool isThere)
    {
        auto flag = static_cast<std::uint8_t>(isThere);
        one(flag);
        return m_ok && flag != 0;
    }

private:
    void raw(void* data, std::size_t size)
    {
        if (size == 0)
            return; // an empty vector has no address
        if (!m_reading) {
            m_output.append(static_cast<const char*>(data), size);
        } else if (m_ok && size <= m_input.size()) {
            std::memcpy(data, m_input.data(), size);
            m_input.remove_prefix(size);
        } else {
            m_ok = false;
        }
    }

    template <class T>
        requires(std::is_arithmetic_v<T> || std::is_enum_v<T>)
    void one(T& value)
    {
        if constexpr (std::is_same_v<T, bool>) {
            auto byte = static_cast<std::uint8_t>(value);
            raw(&byte, 1);
            value = byte != 0; // the bytes may lie, a bool may not
        } else {
            raw(&value, sizeof value);
        }
    }
    template <class T>
        requires requires(T& value, Archive& archive) { value.persist(archive); }
    void one(T& value)
    {
        value.persist(*this);
    }
    void one(std::string& value)
    {
        std::uint64_t size = sized(value.size());
        value.resize(size);
        raw(value.data(), size);
    }
    template <class T> void one(std::vector<T>& values)
    {
        values.resize(sized(values.size()));
        elements(values);
    }
    template <class T, std::size_t N> void one(std::array<T, N>& values)
    {
        for (T& value : values)
            one(value);
    }
    template <class A, class B> void one(std::pair<A, B>& value)
    {
        one(value.first);
        one(value.second);
    }
    template <class T> void one(std::optional<T>& value)
    {
        if (!present(value.has_value()))
            value.reset();
        else if (!value)
            value.emplace();
        if (value)
            one(*value);
    }
    template <class K, class V> void one(std::map<K, V>& values)
    {
        std::uint64_t size = sized(values.size());
        if (!m_reading) {
            for (auto& [key, value] : values) {
                K copy = key;
                one(copy);
                one(value);
            }
            return;
        }
        values.clear();
        for (; size > 0 && m_ok; --size) {
            K key{};
            one(key);
            one(values[key]);
        }
    }

    template <class T> void elements(std::vector<T>& values)
    {
        if constexpr (std::is_arithmetic_v<T>) {
            raw(values.data(), values.size() * sizeof(T));
        } else {
            for (T& value : values) {
                if (m_ok)
                    one(value);
            }
        }
    }

    /// A size from the bytes, never more than there are bytes left: no allocation bomb.
    std::uint64_t sized(std::uint64_t size)
    {
        one(size);
        if (m_reading && size > m_input.size())
            m_ok = false;
        return m_ok ? size : 0;
    }

    std::string m_output;
    std::string_view m_input;
    bool m_reading = false;
    bool m_ok = true;
};

}
