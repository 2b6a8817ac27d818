// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/shared_selection.h"

#include <QElapsedTimer>
#include <QPointer>
#include <QUndoCommand>
#include <QUndoStack>

#include <algorithm>

namespace expertscope {

class SharedSelection::Change final : public QUndoCommand
{
public:
    Change(SharedSelection* selection, std::vector<Subject> after, QObject* by, const QString& text)
        : QUndoCommand(text)
        , m_selection(selection)
        , m_before(selection->m_pins)
        , m_after(std::move(after))
        , m_by(by)
    {
        m_since.start();
    }
    int id() const override { return 1; }
    /// Tokens that follow each other quickly (playing, arrow keys) are one step.
    bool mergeWith(const QUndoCommand* other) override
    {
        constexpr qint64 kQuickMs = 400;
        const auto* next = static_cast<const Change*>(other);
        const auto token = [](const std::vector<Subject>& pins) { return pins.size() == 1 && pins.front().token; };
        if (!token(m_after) || !token(next->m_after) || m_since.elapsed() > kQuickMs)
            return false;
        m_after = next->m_after;
        m_since = next->m_since;
        setText(next->text());
        return true;
    }
    void undo() override { set(m_before, m_selection); }
    void redo() override
    {
        set(m_after, m_by);
        m_by = m_selection; // later it is no one's own doing
    }

private:
    void set(const std::vector<Subject>& pins, QObject* by)
    {
        if (!m_selection)
            return setObsolete(true);
        m_selection->m_pins = pins;
        emit m_selection->pinsChanged(by);
    }
    QPointer<SharedSelection> m_selection;
    std::vector<Subject> m_before, m_after;
    QPointer<QObject> m_by;
    QElapsedTimer m_since;
};

SharedSelection::SharedSelection(QObject* parent, QUndoStack* looks, Words words)
    : QObject(parent)
    , m_looks(looks)
    , m_words(std::move(words))
{
}

QString SharedSelection::wordsOf(const Subject& subject) const
{
    return m_words ? m_words(subject) : QString();
}

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
    if (m_pins.size() == 1 && m_pins.front() == subject)
        setPins({}, by, "unpin " + wordsOf(subject));
    else
        setPins({subject}, by, "pin " + wordsOf(subject));
}

void SharedSelection::pin(const Subject& subject, QObject* by)
{
    if (subject.empty())
        return;
    std::vector<Subject> pins = m_pins;
    const bool there = std::erase(pins, subject) > 0;
    if (!there)
        pins.push_back(subject);
    setPins(std::move(pins), by, (there ? "unpin " : "pin also ") + wordsOf(subject));
}

void SharedSelection::pinAll(const std::vector<Subject>& subjects, QObject* by)
{
    std::vector<Subject> pins;
    for (const Subject& subject : subjects) {
        if (!subject.empty() && std::ranges::find(pins, subject) == pins.end())
            pins.push_back(subject);
    }
    const QString text = pins.size() == 1 ? "pin " + wordsOf(pins.front()) : QString("pin %1 experts").arg(pins.size());
    setPins(std::move(pins), by, text);
}

void SharedSelection::unpinAll(QObject* by)
{
    if (!m_pins.empty())
        setPins({}, by, QStringLiteral("unpin all"));
}

void SharedSelection::setPins(std::vector<Subject> pins, QObject* by, const QString& text)
{
    if (pins == m_pins)
        return;
    if (m_looks) {
        m_looks->push(new Change(this, std::move(pins), by, text)); // which does it
        return;
    }
    m_pins = std::move(pins);
    emit pinsChanged(by);
}

void SharedSelection::forget(QObject* by)
{
    if (m_pins.empty())
        return;
    m_pins.clear();
    emit pinsChanged(by);
}

}
