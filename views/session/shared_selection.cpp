// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/shared_selection.h"

#include <algorithm>

namespace expertscope {

void SharedSelection::hover(const Subject& subject, QObject* by)
{
    if (subject == m_hovered)
        return;
    m_hovered = subject;
    emit hoveredChanged(by);
}

bool SharedSelection::pinned(const Subject& subject) const
{
    return std::ranges::find(m_pins, subject) != m_pins.end();
}

void SharedSelection::choose(const Subject& subject, QObject* by)
{
    if (subject.empty())
        return;
    const bool only = m_pins.size() == 1 && m_pins.front() == subject;
    m_pins.clear();
    if (!only)
        m_pins.push_back(subject);
    emit pinsChanged(by);
}

void SharedSelection::pin(const Subject& subject, QObject* by)
{
    if (subject.empty())
        return;
    if (std::erase(m_pins, subject) == 0)
        m_pins.push_back(subject);
    emit pinsChanged(by);
}

void SharedSelection::pinAll(const std::vector<Subject>& subjects, QObject* by)
{
    std::vector<Subject> pins;
    for (const Subject& subject : subjects) {
        if (!subject.empty() && std::ranges::find(pins, subject) == pins.end())
            pins.push_back(subject);
    }
    if (pins == m_pins)
        return;
    m_pins = std::move(pins);
    emit pinsChanged(by);
}

void SharedSelection::unpinAll(QObject* by)
{
    if (m_pins.empty())
        return;
    m_pins.clear();
    emit pinsChanged(by);
}

}
