// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/archive.h"
#include "io/trace/routing.h"

#include <functional>
#include <optional>
#include <vector>

namespace expertscope {

/// What a metric counts for each value of a label: a State a value, made when the value is first seen. State has add()
/// and persist().
template <class State> class ByValue
{
public:
    ByValue(const Label& label, std::function<State()> empty)
        : m_states(label.values.size())
        , m_empty(std::move(empty))
    {
    }

    State& of(std::size_t value)
    {
        if (!m_states[value])
            m_states[value].emplace(m_empty());
        return *m_states[value];
    }
    /// Nothing: no token had the value.
    const std::optional<State>& operator[](std::size_t value) const { return m_states[value]; }
    std::size_t size() const { return m_states.size(); }
    auto begin() const { return m_states.begin(); }
    auto end() const { return m_states.end(); }

    void add(const ByValue& other)
    {
        for (std::size_t v = 0; v < m_states.size(); ++v) {
            if (other.m_states[v])
                of(v).add(*other.m_states[v]);
        }
    }

    void persist(Archive& archive)
    {
        for (std::size_t v = 0; v < m_states.size(); ++v) {
            if (archive.present(m_states[v].has_value()))
                of(v).persist(archive);
        }
    }

private:
    std::vector<std::optional<State>> m_states; ///< [values of the label]
    std::function<State()> m_empty;
};

}
