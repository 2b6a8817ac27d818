// SPDX-License-Identifier: GPL-3.0-or-later
//
// The policies that replay one capacity at a time once more, as their papers tell them: lists that are searched, no bits.
#pragma once

#include "naive_contract.h"

#include <list>
#include <map>
#include <memory>

namespace expertscope::testing {

using Pinned = std::set<Object>;

class NaiveCache
{
public:
    virtual ~NaiveCache() = default;
    virtual std::set<Object> held() const = 0;
    virtual void hit(Object object) = 0;
    virtual void load(Object object, const Pinned& pinned) = 0; ///< room is made if there is none
};

/// Newest last.
using Queue = std::list<Object>;

inline std::set<Object> setOf(const Queue& a, const Queue& b = {})
{
    std::set<Object> all(a.begin(), a.end());
    all.insert(b.begin(), b.end());
    return all;
}
inline bool has(const Queue& queue, Object object) { return std::ranges::find(queue, object) != queue.end(); }
/// Takes out the oldest that is not pinned. False: there is none.
inline bool takeOldest(Queue& queue, const Pinned& pinned, Object& taken)
{
    for (auto i = queue.begin(); i != queue.end(); ++i) {
        if (!pinned.contains(*i)) {
            taken = *i;
            queue.erase(i);
            return true;
        }
    }
    return false;
}

class NaiveFifo final : public NaiveCache
{
public:
    explicit NaiveFifo(std::uint32_t capacity) : m_capacity(capacity) { }
    std::set<Object> held() const override { return setOf(m_queue); }
    void hit(Object) override { }
    void load(Object object, const Pinned& pinned) override
    {
        Object victim;
        if (m_queue.size() == m_capacity)
            takeOldest(m_queue, pinned, victim);
        m_queue.push_back(object);
    }

private:
    const std::size_t m_capacity;
    Queue m_queue;
};

/// As a queue of second chances rather than a ring with a hand.
class NaiveClock final : public NaiveCache
{
public:
    explicit NaiveClock(std::uint32_t capacity) : m_capacity(capacity) { }
    std::set<Object> held() const override { return setOf(m_queue); }
    void hit(Object object) override { m_used.insert(object); }
    void load(Object object, const Pinned& pinned) override
    {
        while (m_queue.size() == m_capacity) {
            const Object first = m_queue.front();
            m_queue.pop_front();
            if (pinned.contains(first))
                m_queue.push_back(first);
            else if (m_used.erase(first))
                m_queue.push_back(first);
        }
        m_queue.push_back(object);
    }

private:
    const std::size_t m_capacity;
    Queue m_queue;
    std::set<Object> m_used;
};

class NaiveSieve final : public NaiveCache
{
public:
    explicit NaiveSieve(std::uint32_t capacity) : m_capacity(capacity) { }
    std::set<Object> held() const override { return {m_queue.begin(), m_queue.end()}; }
    void hit(Object object) override { m_used[object] = true; }
    void load(Object object, const Pinned& pinned) override
    {
        if (m_queue.size() == m_capacity) {
            for (;; ++m_hand) {
                m_hand %= m_queue.size();
                const Object at = m_queue[m_hand];
                if (pinned.contains(at))
                    continue;
                if (!m_used[at])
                    break;
                m_used[at] = false;
            }
            m_queue.erase(m_queue.begin() + std::ptrdiff_t(m_hand)); // the hand is on the next newer one now
            if (m_hand == m_queue.size())
                m_hand = 0;
        }
        m_used[object] = false;
        m_queue.push_back(object);
    }

private:
    const std::size_t m_capacity;
    std::vector<Object> m_queue;
    std::size_t m_hand = 0;
    std::map<Object, bool> m_used;
};

class NaiveS3Fifo final : public NaiveCache
{
public:
    NaiveS3Fifo(std::uint32_t capacity, double share)
        : m_capacity(capacity)
        , m_smallSize(std::max<std::size_t>(1, std::size_t(capacity * share)))
        , m_mainSize(std::max<std::size_t>(1, capacity - m_smallSize))
    {
    }
    std::set<Object> held() const override { return setOf(m_small, m_main); }
    void hit(Object object) override { m_uses[object] = std::min(3, m_uses[object] + 1); }
    void load(Object object, const Pinned& pinned) override
    {
        const bool known = has(m_ghosts, object);
        m_ghosts.remove(object);
        if (m_small.size() + m_main.size() == m_capacity && !(m_small.size() >= m_smallSize && small(pinned)) && !main(pinned)) {
            Object victim;
            takeOldest(m_small, pinned, victim);
            ghost(victim);
        }
        m_uses[object] = 0;
        (known ? m_main : m_small).push_back(object);
    }

private:
    bool small(const Pinned& pinned)
    {
        Object at;
        while (takeOldest(m_small, pinned, at)) {
            if (m_uses[at] < 2) {
                ghost(at);
                return true;
            }
            m_uses[at] = 0;
            m_main.push_back(at);
            if (m_main.size() > m_mainSize)
                return false;
        }
        return false;
    }
    bool main(const Pinned& pinned)
    {
        Object at;
        while (takeOldest(m_main, pinned, at)) {
            if (m_uses[at] == 0)
                return true;
            --m_uses[at];
            m_main.push_back(at);
        }
        return false;
    }
    void ghost(Object object)
    {
        m_ghosts.push_back(object);
        if (m_ghosts.size() > m_mainSize)
            m_ghosts.pop_front();
    }

    const std::size_t m_capacity, m_smallSize, m_mainSize;
    Queue m_small, m_main, m_ghosts;
    std::map<Object, int> m_uses;
};

class NaiveTwoQ final : public NaiveCache
{
public:
    explicit NaiveTwoQ(std::uint32_t capacity) : m_capacity(capacity) { }
    std::set<Object> held() const override { return setOf(m_in, m_am); }
    void hit(Object object) override
    {
        if (has(m_am, object)) {
            m_am.remove(object);
            m_am.push_back(object);
        }
    }
    void load(Object object, const Pinned& pinned) override
    {
        const bool known = has(m_out, object);
        m_out.remove(object);
        if (m_in.size() + m_am.size() == m_capacity) {
            Object victim{};
            bool fromIn = m_in.size() > double(m_capacity) / 4;
            if (!takeOldest(fromIn ? m_in : m_am, pinned, victim)) {
                fromIn = !fromIn;
                takeOldest(fromIn ? m_in : m_am, pinned, victim);
            }
            if (fromIn)
                m_out.push_back(victim);
            if (m_out.size() > double(m_capacity) / 2)
                m_out.pop_front();
        }
        (known ? m_am : m_in).push_back(object);
    }

private:
    const std::size_t m_capacity;
    Queue m_in, m_am, m_out;
};

class NaiveArc final : public NaiveCache
{
public:
    explicit NaiveArc(std::uint32_t capacity) : m_capacity(capacity) { }
    std::set<Object> held() const override { return setOf(m_t1, m_t2); }
    void hit(Object object) override
    {
        m_t1.remove(object);
        m_t2.remove(object);
        m_t2.push_back(object);
    }
    void load(Object object, const Pinned& pinned) override
    {
        const double c = double(m_capacity), b1 = double(m_b1.size()), b2 = double(m_b2.size());
        if (has(m_b1, object)) { // II
            m_p = std::min(c, m_p + (b1 >= b2 ? 1 : b2 / b1));
            replace(false, pinned);
            m_b1.remove(object);
            m_t2.push_back(object);
        } else if (has(m_b2, object)) { // III
            m_p = std::max(0.0, m_p - (b2 >= b1 ? 1 : b1 / b2));
            replace(true, pinned);
            m_b2.remove(object);
            m_t2.push_back(object);
        } else { // IV
            const std::size_t l1 = m_t1.size() + m_b1.size(), all = l1 + m_t2.size() + m_b2.size();
            Object victim;
            if (l1 == m_capacity && m_t1.size() < m_capacity) {
                m_b1.pop_front();
                replace(false, pinned);
            } else if (l1 == m_capacity) {
                takeOldest(m_t1, pinned, victim);
            } else if (all >= m_capacity) {
                if (all == 2 * m_capacity)
                    m_b2.pop_front();
                replace(false, pinned);
            }
            m_t1.push_back(object);
        }
    }

private:
    void replace(bool inB2, const Pinned& pinned)
    {
        Object victim;
        const double t1 = double(m_t1.size());
        const bool first = t1 >= 1 && ((inB2 && t1 == m_p) || t1 > m_p);
        if (takeOldest(first ? m_t1 : m_t2, pinned, victim))
            (first ? m_b1 : m_b2).push_back(victim);
        else if (takeOldest(first ? m_t2 : m_t1, pinned, victim))
            (first ? m_b2 : m_b1).push_back(victim);
    }

    const std::size_t m_capacity;
    Queue m_t1, m_t2, m_b1, m_b2;
    double m_p = 0;
};

class NaiveRandom final : public NaiveCache
{
public:
    NaiveRandom(std::uint32_t capacity, std::uint64_t seed) : m_capacity(capacity), m_state(seed) { }
    std::set<Object> held() const override { return {m_slots.begin(), m_slots.end()}; }
    void hit(Object) override { }
    void load(Object object, const Pinned& pinned) override
    {
        if (m_slots.size() < m_capacity)
            return m_slots.push_back(object);
        for (;;) {
            const std::uint64_t drawn = mix(m_state);
            m_state += 0x9E3779B97F4A7C15u;
            Object& slot = m_slots[drawn % m_capacity];
            if (!pinned.contains(slot)) {
                slot = object;
                return;
            }
        }
    }
    void forget() { m_slots.clear(); }

private:
    const std::size_t m_capacity;
    std::uint64_t m_state;
    std::vector<Object> m_slots;
};

}
