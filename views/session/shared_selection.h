// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is pointed at, and what is pinned: shared by all that is shown, so that an expert that is clicked anywhere is
// marked everywhere.
#pragma once

#include "views/charts/subject.h"

#include <QObject>
#include <QString>

#include <functional>
#include <vector>

class QUndoStack;

namespace expertscope {

/// `by`: who says so. It comes back with the signal, so that nobody takes its own echo for news.
class SharedSelection final : public QObject
{
    Q_OBJECT
public:
    using Words = std::function<QString(const Subject&)>;
    /// Each change of the pins is a step of `looks`; null: of none. `words` tells a subject in the list of steps.
    explicit SharedSelection(QObject* parent = nullptr, QUndoStack* looks = nullptr, Words words = {});

    const Subject& hovered() const { return m_hovered; }
    void hover(const Subject& subject, QObject* by);

    const std::vector<Subject>& pins() const { return m_pins; }
    bool pinned(const Subject& subject) const;
    /// The pin that came last; empty when there is none.
    Subject chosen() const { return m_pins.empty() ? Subject() : m_pins.back(); }
    /// Makes it the only pin; the only pin, chosen again, goes.
    void choose(const Subject& subject, QObject* by);
    /// Adds it to the pins, or takes it from them.
    void pin(const Subject& subject, QObject* by);
    /// Makes these the pins, in that order: those of a named set.
    void pinAll(const std::vector<Subject>& subjects, QObject* by);
    void unpinAll(QObject* by);
    /// All at once, as a step with this text.
    void setPins(std::vector<Subject> pins, QObject* by, const QString& text);
    /// Without a step: another trace.
    void forget(QObject* by);

signals:
    void hoveredChanged(QObject* by);
    void pinsChanged(QObject* by);

private:
    class Change;
    QString wordsOf(const Subject& subject) const;

    QUndoStack* m_looks;
    Words m_words;
    Subject m_hovered;
    std::vector<Subject> m_pins;
};

}
