-- What SQLite itself refuses, and how the projections follow. `guards.install` puts exactly this text in place.

-- The truth is added to, never changed, never removed.
CREATE TRIGGER entry_unchanged BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'ledger: rows of entry are never changed'); END;
CREATE TRIGGER entry_kept BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'ledger: rows of entry are never removed'); END;
CREATE TRIGGER line_unchanged BEFORE UPDATE ON line BEGIN SELECT RAISE(ABORT, 'ledger: rows of line are never changed'); END;
CREATE TRIGGER line_kept BEFORE DELETE ON line BEGIN SELECT RAISE(ABORT, 'ledger: rows of line are never removed'); END;
CREATE TRIGGER period_lock_unchanged BEFORE UPDATE ON period_lock BEGIN SELECT RAISE(ABORT, 'ledger: rows of period_lock are never changed'); END;
CREATE TRIGGER period_lock_kept BEFORE DELETE ON period_lock BEGIN SELECT RAISE(ABORT, 'ledger: rows of period_lock are never removed'); END;
CREATE TRIGGER erasure_unchanged BEFORE UPDATE ON erasure BEGIN SELECT RAISE(ABORT, 'ledger: rows of erasure are never changed'); END;
CREATE TRIGGER erasure_kept BEFORE DELETE ON erasure BEGIN SELECT RAISE(ABORT, 'ledger: rows of erasure are never removed'); END;
CREATE TRIGGER audit_event_unchanged BEFORE UPDATE ON audit_event
WHEN (NEW.id, NEW.at, NEW.actor_id, NEW.actor, NEW.event, NEW.subject) IS NOT (OLD.id, OLD.at, OLD.actor_id, OLD.actor, OLD.event, OLD.subject)
  OR NEW.before IS NOT NULL OR NEW.after IS NOT NULL OR NEW.reason IS NOT NULL
  OR NOT EXISTS (SELECT 1 FROM erasure WHERE subject = OLD.subject) BEGIN
  SELECT RAISE(ABORT, 'ledger: rows of audit_event are never changed');
END;
CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'ledger: rows of audit_event are never removed'); END;

-- People, calendar and accounts may change; they stay as long as the books do.
CREATE TRIGGER account_kept BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'ledger: rows of account are never removed'); END;
CREATE TRIGGER family_kept BEFORE DELETE ON family BEGIN SELECT RAISE(ABORT, 'ledger: rows of family are never removed'); END;
CREATE TRIGGER guardian_kept BEFORE DELETE ON guardian BEGIN SELECT RAISE(ABORT, 'ledger: rows of guardian are never removed'); END;
CREATE TRIGGER school_class_kept BEFORE DELETE ON school_class BEGIN SELECT RAISE(ABORT, 'ledger: rows of school_class are never removed'); END;
CREATE TRIGGER school_kept BEFORE DELETE ON school BEGIN SELECT RAISE(ABORT, 'ledger: rows of school are never removed'); END;
CREATE TRIGGER student_kept BEFORE DELETE ON student BEGIN SELECT RAISE(ABORT, 'ledger: rows of student are never removed'); END;
CREATE TRIGGER term_kept BEFORE DELETE ON term BEGIN SELECT RAISE(ABORT, 'ledger: rows of term are never removed'); END;
CREATE TRIGGER user_account_kept BEFORE DELETE ON user_account BEGIN SELECT RAISE(ABORT, 'ledger: rows of user_account are never removed'); END;
CREATE TRIGGER year_kept BEFORE DELETE ON year BEGIN SELECT RAISE(ABORT, 'ledger: rows of year are never removed'); END;

-- What was posted in runs, counted, signed and banked stays as it is; what was asked for is decided once.
CREATE TRIGGER payment_payer_unchanged BEFORE UPDATE ON payment_payer BEGIN SELECT RAISE(ABORT, 'ledger: rows of payment_payer are never changed'); END;
CREATE TRIGGER payment_payer_kept BEFORE DELETE ON payment_payer BEGIN SELECT RAISE(ABORT, 'ledger: rows of payment_payer are never removed'); END;
CREATE TRIGGER run_entry_unchanged BEFORE UPDATE ON run_entry BEGIN SELECT RAISE(ABORT, 'ledger: rows of run_entry are never changed'); END;
CREATE TRIGGER late_fee_line_unchanged BEFORE UPDATE ON late_fee_line BEGIN SELECT RAISE(ABORT, 'ledger: rows of late_fee_line are never changed'); END;
CREATE TRIGGER late_fee_waiver_unchanged BEFORE UPDATE ON late_fee_waiver BEGIN SELECT RAISE(ABORT, 'ledger: rows of late_fee_waiver are never changed'); END;
CREATE TRIGGER cash_up_unchanged BEFORE UPDATE ON cash_up BEGIN SELECT RAISE(ABORT, 'ledger: rows of cash_up are never changed'); END;
CREATE TRIGGER cash_up_tender_unchanged BEFORE UPDATE ON cash_up_tender BEGIN SELECT RAISE(ABORT, 'ledger: rows of cash_up_tender are never changed'); END;
CREATE TRIGGER cash_up_coin_unchanged BEFORE UPDATE ON cash_up_coin BEGIN SELECT RAISE(ABORT, 'ledger: rows of cash_up_coin are never changed'); END;
CREATE TRIGGER cash_up_signature_unchanged BEFORE UPDATE ON cash_up_signature BEGIN SELECT RAISE(ABORT, 'ledger: rows of cash_up_signature are never changed'); END;
CREATE TRIGGER deposit_unchanged BEFORE UPDATE ON deposit BEGIN SELECT RAISE(ABORT, 'ledger: rows of deposit are never changed'); END;
CREATE TRIGGER deposit_part_unchanged BEFORE UPDATE ON deposit_part BEGIN SELECT RAISE(ABORT, 'ledger: rows of deposit_part are never changed'); END;
CREATE TRIGGER day_close_unchanged BEFORE UPDATE ON day_close BEGIN SELECT RAISE(ABORT, 'ledger: rows of day_close are never changed'); END;
CREATE TRIGGER promotion_unchanged BEFORE UPDATE ON promotion BEGIN SELECT RAISE(ABORT, 'ledger: rows of promotion are never changed'); END;
CREATE TRIGGER promotion_kept BEFORE DELETE ON promotion BEGIN SELECT RAISE(ABORT, 'ledger: rows of promotion are never removed'); END;
CREATE TRIGGER run_entry_kept BEFORE DELETE ON run_entry BEGIN SELECT RAISE(ABORT, 'ledger: rows of run_entry are never removed'); END;
CREATE TRIGGER late_fee_line_kept BEFORE DELETE ON late_fee_line BEGIN SELECT RAISE(ABORT, 'ledger: rows of late_fee_line are never removed'); END;
CREATE TRIGGER late_fee_waiver_kept BEFORE DELETE ON late_fee_waiver BEGIN SELECT RAISE(ABORT, 'ledger: rows of late_fee_waiver are never removed'); END;
CREATE TRIGGER cash_up_kept BEFORE DELETE ON cash_up BEGIN SELECT RAISE(ABORT, 'ledger: rows of cash_up are never removed'); END;
CREATE TRIGGER cash_up_tender_kept BEFORE DELETE ON cash_up_tender BEGIN SELECT RAISE(ABORT, 'ledger: rows of cash_up_tender are never removed'); END;
CREATE TRIGGER cash_up_coin_kept BEFORE DELETE ON cash_up_coin BEGIN SELECT RAISE(ABORT, 'ledger: rows of cash_up_coin are never removed'); END;
CREATE TRIGGER cash_up_signature_kept BEFORE DELETE ON cash_up_signature BEGIN SELECT RAISE(ABORT, 'ledger: rows of cash_up_signature are never removed'); END;
CREATE TRIGGER deposit_kept BEFORE DELETE ON deposit BEGIN SELECT RAISE(ABORT, 'ledger: rows of deposit are never removed'); END;
CREATE TRIGGER deposit_part_kept BEFORE DELETE ON deposit_part BEGIN SELECT RAISE(ABORT, 'ledger: rows of deposit_part are never removed'); END;
CREATE TRIGGER day_close_kept BEFORE DELETE ON day_close BEGIN SELECT RAISE(ABORT, 'ledger: rows of day_close are never removed'); END;
CREATE TRIGGER run_kept BEFORE DELETE ON run BEGIN SELECT RAISE(ABORT, 'ledger: rows of run are never removed'); END;
CREATE TRIGGER approval_kept BEFORE DELETE ON approval BEGIN SELECT RAISE(ABORT, 'ledger: rows of approval are never removed'); END;
CREATE TRIGGER concession_grant_kept BEFORE DELETE ON concession_grant BEGIN SELECT RAISE(ABORT, 'ledger: rows of concession_grant are never removed'); END;
CREATE TRIGGER concession_scheme_kept BEFORE DELETE ON concession_scheme BEGIN SELECT RAISE(ABORT, 'ledger: rows of concession_scheme are never removed'); END;
CREATE TRIGGER fee_head_kept BEFORE DELETE ON fee_head BEGIN SELECT RAISE(ABORT, 'ledger: rows of fee_head are never removed'); END;
CREATE TRIGGER fee_kept BEFORE DELETE ON fee BEGIN SELECT RAISE(ABORT, 'ledger: rows of fee are never removed'); END;
CREATE TRIGGER letter_kept BEFORE DELETE ON letter BEGIN SELECT RAISE(ABORT, 'ledger: rows of letter are never removed'); END;
CREATE TRIGGER letter_settled BEFORE UPDATE ON letter WHEN (OLD.state IN ('sent', 'failed', 'cancelled', 'rehearsed')
  OR (OLD.state = 'printed' AND NEW.state <> 'cancelled'))
  AND NOT (NEW.state = OLD.state AND NEW.body = '' AND EXISTS (SELECT 1 FROM erasure WHERE subject = 'letter:' || OLD.id)) BEGIN
  SELECT RAISE(ABORT, 'ledger: what became of a letter is not changed');
END;
CREATE TRIGGER letter_content BEFORE UPDATE ON letter
WHEN (NEW.request_id, NEW.kind, NEW.stage, NEW.family_id, NEW.rehearsal) IS NOT (OLD.request_id, OLD.kind, OLD.stage, OLD.family_id, OLD.rehearsal)
  OR ((NEW.to_name, NEW.to_address, NEW.subject, NEW.body) IS NOT (OLD.to_name, OLD.to_address, OLD.subject, OLD.body)
    AND NOT ((NEW.to_name, NEW.to_address, NEW.subject, NEW.body) IS ('', '', '', '')
      AND EXISTS (SELECT 1 FROM erasure WHERE subject = 'letter:' || OLD.id))) BEGIN
  SELECT RAISE(ABORT, 'ledger: what a letter says is not changed');
END;
CREATE TRIGGER run_recorded BEFORE UPDATE ON run
WHEN (OLD.entries IS NOT NULL AND (NEW.students, NEW.entries, NEW.total) IS NOT (OLD.students, OLD.entries, OLD.total))
  OR (OLD.reversed IS NOT NULL AND NEW.reversed IS NOT OLD.reversed) BEGIN
  SELECT RAISE(ABORT, 'ledger: what a run has posted is not changed');
END;
CREATE TRIGGER approval_decided BEFORE UPDATE ON approval WHEN OLD.decision IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'ledger: this was decided already');
END;
CREATE TRIGGER approval_asked BEFORE UPDATE ON approval
WHEN (NEW.id, NEW.request_id, NEW.kind, NEW.student_id, NEW.amount, NEW.details, NEW.reason, NEW.asked_at, NEW.asked_by_id, NEW.asked_by)
 IS NOT (OLD.id, OLD.request_id, OLD.kind, OLD.student_id, OLD.amount, OLD.details, OLD.reason, OLD.asked_at, OLD.asked_by_id, OLD.asked_by) BEGIN
  SELECT RAISE(ABORT, 'ledger: what was asked for stays as it is');
END;
CREATE TRIGGER concession_grant_decided BEFORE UPDATE ON concession_grant BEGIN
  SELECT RAISE(ABORT, 'ledger: this was decided already')
   WHERE (OLD.state, NEW.state) NOT IN (VALUES ('waiting', 'granted'), ('waiting', 'refused'), ('waiting', 'ended'), ('granted', 'ended'));
  SELECT RAISE(ABORT, 'ledger: a grant stays what was asked for')
   WHERE (NEW.student_id, NEW.scheme, NEW.head, NEW.share_bp, NEW.amount, NEW.valid_from, NEW.valid_until, NEW.reason, NEW.actor)
      IS NOT (OLD.student_id, OLD.scheme, OLD.head, OLD.share_bp, OLD.amount, OLD.valid_from, OLD.valid_until, OLD.reason, OLD.actor);
END;

CREATE TRIGGER school_currency BEFORE UPDATE OF currency, exponent ON school
WHEN (NEW.currency, NEW.exponent) IS NOT (OLD.currency, OLD.exponent) BEGIN
  SELECT RAISE(ABORT, 'ledger: the currency is fixed by the first entry') WHERE EXISTS (SELECT 1 FROM entry)
      OR (NEW.exponent <> OLD.exponent AND EXISTS (SELECT 1 FROM fee));
END;

-- What was posted counts for the last term begun by its date: so that date goes on saying which.
CREATE TRIGGER term_days BEFORE UPDATE OF starts_on ON term
WHEN NEW.starts_on <> OLD.starts_on BEGIN
  SELECT RAISE(ABORT, 'ledger: days with entries keep their term') WHERE EXISTS (
    SELECT 1 FROM day_total WHERE date >= MIN(OLD.starts_on, NEW.starts_on) AND date < MAX(OLD.starts_on, NEW.starts_on));
END;

CREATE TRIGGER account_meaning BEFORE UPDATE OF code, type ON account
WHEN (NEW.code, NEW.type) IS NOT (OLD.code, OLD.type) BEGIN
  SELECT RAISE(ABORT, 'ledger: an account with lines keeps its code and type')
   WHERE EXISTS (SELECT 1 FROM line WHERE account = OLD.code);
END;

CREATE TRIGGER period_lock_guard BEFORE INSERT ON period_lock BEGIN
  SELECT RAISE(ABORT, 'ledger: lock id must be last + 1') WHERE NEW.id <> 1 + COALESCE((SELECT MAX(id) FROM period_lock), 0);
  SELECT RAISE(ABORT, 'ledger: not a date') WHERE NEW.locked_through IS NOT date(NEW.locked_through, '+0 days');
END;

-- REPLACE deletes past the delete guards where recursive_triggers is off.
CREATE TRIGGER audit_event_guard BEFORE INSERT ON audit_event BEGIN
  SELECT RAISE(ABORT, 'ledger: rows of audit_event are never changed') WHERE EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id);
END;

-- Lines come first, in order, and only for an entry that is not yet sealed.
CREATE TRIGGER line_guard BEFORE INSERT ON line BEGIN
  SELECT RAISE(ABORT, 'ledger: entry is sealed') WHERE EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry_id);
  SELECT RAISE(ABORT, 'ledger: line id must be last + 1') WHERE NEW.id <> 1 + COALESCE((SELECT MAX(id) FROM line), 0);
  SELECT RAISE(ABORT, 'ledger: line number must be last + 1')
   WHERE NEW.n <> 1 + COALESCE((SELECT MAX(n) FROM line WHERE entry_id = NEW.entry_id), 0);
  SELECT RAISE(ABORT, 'ledger: not a date') WHERE NEW.due_date IS NOT date(NEW.due_date, '+0 days');
  SELECT RAISE(ABORT, 'ledger: pays must be a charge of the same student') WHERE NEW.pays IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM line WHERE id = NEW.pays AND student_id = NEW.student_id AND due_date IS NOT NULL);
END;

-- The entry comes last and seals its lines.
CREATE TRIGGER entry_seal BEFORE INSERT ON entry BEGIN
  SELECT RAISE(ABORT, 'ledger: entry id must be last + 1') WHERE NEW.id <> 1 + COALESCE((SELECT MAX(id) FROM entry), 0);
  SELECT RAISE(ABORT, 'ledger: request id is used') WHERE EXISTS (SELECT 1 FROM entry WHERE request_id = NEW.request_id);
  SELECT RAISE(ABORT, 'ledger: already reversed') WHERE EXISTS (SELECT 1 FROM entry WHERE reverses = NEW.reverses);
  SELECT RAISE(ABORT, 'ledger: document number must be last + 1') WHERE NEW.series IS NOT NULL
     AND NEW.no <> 1 + COALESCE((SELECT MAX(no) FROM entry WHERE series = NEW.series), 0);
  SELECT RAISE(ABORT, 'ledger: not a date') WHERE NEW.date IS NOT date(NEW.date, '+0 days');
  SELECT RAISE(ABORT, 'ledger: period is locked')
   WHERE NEW.date <= (SELECT locked_through FROM period_lock ORDER BY id DESC LIMIT 1);
  SELECT RAISE(ABORT, 'ledger: lines do not match the entry')
   WHERE (NEW.n_lines, NEW.total) IS NOT (SELECT COUNT(*), SUM(amount) FROM line WHERE entry_id = NEW.id);
  SELECT RAISE(ABORT, 'ledger: lines do not suit the kind') WHERE EXISTS (
    SELECT 1 FROM line l JOIN account a ON a.code = l.account WHERE l.entry_id = NEW.id AND NOT CASE NEW.kind
      WHEN 'bill' THEN (a.type = 'income' AND l.amount > 0) OR (a.type = 'concession' AND l.amount < 0)
      WHEN 'late_fee' THEN a.type = 'income' AND l.amount > 0
      WHEN 'payment' THEN a.type = 'tender' AND l.amount < 0
      WHEN 'refund' THEN a.type = 'tender' AND l.amount > 0
      WHEN 'concession' THEN a.type = 'concession' AND l.amount < 0
      WHEN 'credit_note' THEN a.type = 'income' AND l.amount < 0
      WHEN 'write_off' THEN a.type = 'bad_debt' AND l.amount < 0
      WHEN 'opening' THEN a.type = 'opening'
      WHEN 'transfer' THEN a.type = 'clearing'
      ELSE NEW.kind = 'reversal' END);
  SELECT RAISE(ABORT, 'ledger: clearing must net to zero') WHERE NEW.kind = 'transfer' AND NEW.total <> 0;
  SELECT RAISE(ABORT, 'ledger: a debit needs a due date') WHERE NEW.reverses IS NULL
     AND EXISTS (SELECT 1 FROM line l WHERE l.entry_id = NEW.id AND l.amount > 0 AND l.due_date IS NULL
       AND NOT (NEW.kind = 'transfer' AND 0 = (SELECT SUM(amount) FROM line WHERE entry_id = NEW.id AND student_id = l.student_id)));
  SELECT RAISE(ABORT, 'ledger: more than the credit') WHERE NEW.kind IN ('refund', 'transfer') AND EXISTS (
    SELECT 1 FROM line l WHERE l.entry_id = NEW.id AND l.due_date IS NOT NULL
       AND 0 < (SELECT SUM(amount) FROM line WHERE student_id = l.student_id));
  SELECT RAISE(ABORT, 'ledger: more than is owed') WHERE NEW.kind = 'write_off' AND EXISTS (
    SELECT 1 FROM line l WHERE l.entry_id = NEW.id AND 0 > (SELECT SUM(amount) FROM line WHERE student_id = l.student_id));
  SELECT RAISE(ABORT, 'ledger: a reversal cannot be reversed')
   WHERE EXISTS (SELECT 1 FROM entry WHERE id = NEW.reverses AND reverses IS NOT NULL);
  SELECT RAISE(ABORT, 'ledger: a reversal is not before its original')
   WHERE EXISTS (SELECT 1 FROM entry WHERE id = NEW.reverses AND date > NEW.date);
  SELECT RAISE(ABORT, 'ledger: a reversal mirrors its original') WHERE NEW.reverses IS NOT NULL AND (
    NEW.n_lines IS NOT (SELECT n_lines FROM entry WHERE id = NEW.reverses) OR EXISTS (
      SELECT 1 FROM line o JOIN account a ON a.code = o.account
        LEFT JOIN line m ON m.entry_id = NEW.id AND m.n = o.n AND m.student_id = o.student_id AND m.account = o.account
             AND m.amount = -o.amount AND m.due_date IS NULL AND m.class_id IS o.class_id
             AND (m.term_id IS o.term_id OR a.type = 'tender')
             AND m.pays IS COALESCE(o.pays, CASE WHEN o.due_date IS NOT NULL THEN o.id END)
       WHERE o.entry_id = NEW.reverses AND m.id IS NULL));
  -- A debit without a due date takes credit from where it is pinned, or from what is not pinned: never more than is there.
  SELECT RAISE(ABORT, 'ledger: more than was paid there') WHERE NEW.kind IN ('transfer', 'reversal') AND EXISTS (
    SELECT 1 FROM line l WHERE l.entry_id = NEW.id AND l.amount > 0 AND l.due_date IS NULL AND 0 < CASE WHEN l.pays IS NULL
      THEN (SELECT SUM(amount) FROM line WHERE student_id = l.student_id AND pays IS NULL AND due_date IS NULL)
      ELSE (SELECT SUM(amount) FROM line WHERE pays = l.pays) END);
END;

-- Projections follow in the same transaction: balances, what is open, totals by day and by class.
CREATE TRIGGER entry_project AFTER INSERT ON entry BEGIN
  INSERT INTO day_total (date, account, amount) SELECT NEW.date, account, amount FROM line WHERE entry_id = NEW.id
    ON CONFLICT (date, account) DO UPDATE SET amount = amount + excluded.amount;
  INSERT INTO class_total (term_id, class_id, account, amount)
    SELECT COALESCE(term_id, 0), COALESCE(class_id, 0), account, amount FROM line WHERE entry_id = NEW.id
    ON CONFLICT (term_id, class_id, account) DO UPDATE SET amount = amount + excluded.amount;
  -- A charge is wholly open where nothing is in credit and whatever is due later is wholly open too.
  INSERT INTO open_item (line_id, student_id, due_date, open)
    SELECT l.id, l.student_id, l.due_date, l.amount FROM line l JOIN student_balance b ON b.student_id = l.student_id
     WHERE l.entry_id = NEW.id AND l.due_date IS NOT NULL AND b.balance >= 0 AND NOT EXISTS (
       SELECT 1 FROM line c WHERE c.student_id = l.student_id AND c.due_date > l.due_date AND c.entry_id <> NEW.id
          AND c.amount <> COALESCE((SELECT open FROM open_item WHERE line_id = c.id), 0));
  UPDATE student_balance SET balance = balance + (
         SELECT SUM(amount) FROM line WHERE entry_id = NEW.id AND student_id = student_balance.student_id)
   WHERE student_id IN (SELECT student_id FROM line WHERE entry_id = NEW.id);
END;

-- Where anything else came in, all charges of the student are looked at: the balance is what is open, and credits settle
-- the oldest due first, so the newest charges are the open ones.
CREATE TRIGGER student_balance_allocates AFTER UPDATE OF balance ON student_balance
WHEN EXISTS (SELECT 1 FROM line l WHERE l.entry_id = (SELECT MAX(id) FROM entry) AND l.student_id = NEW.student_id
     AND NOT EXISTS (SELECT 1 FROM open_item WHERE line_id = l.id)) BEGIN
  INSERT INTO open_item (line_id, student_id, due_date, open)
    SELECT id, NEW.student_id, due_date, MAX(0, MIN(net, NEW.balance - newer)) AS left FROM (
      SELECT c.*, SUM(net) OVER (ORDER BY due_date DESC, id DESC) - net AS newer FROM (
        SELECT l.id, l.due_date, MAX(0, l.amount + COALESCE((SELECT SUM(p.amount) FROM line p WHERE p.pays = l.id), 0)) AS net
          FROM line l WHERE l.student_id = NEW.student_id AND l.due_date IS NOT NULL) AS c)
     WHERE left <> COALESCE((SELECT open FROM open_item WHERE line_id = id), 0)
    ON CONFLICT (line_id) DO UPDATE SET open = excluded.open;
END;

CREATE TRIGGER open_item_opened AFTER INSERT ON open_item BEGIN
  INSERT INTO due_total (due_date, open) VALUES (NEW.due_date, NEW.open)
    ON CONFLICT (due_date) DO UPDATE SET open = open + excluded.open;
END;

CREATE TRIGGER open_item_moved AFTER UPDATE OF open ON open_item BEGIN
  UPDATE due_total SET open = open + NEW.open - OLD.open WHERE due_date = NEW.due_date;
  DELETE FROM open_item WHERE NEW.open = 0 AND line_id = NEW.line_id;
END;

CREATE TRIGGER student_enters_roll AFTER INSERT ON student BEGIN
  INSERT INTO student_balance (student_id, balance) VALUES (NEW.id, 0);
  INSERT INTO roll_total (class_id, status, students, owing, owed, credit)
    VALUES (COALESCE(NEW.class_id, 0), NEW.status, 1, 0, 0, 0)
    ON CONFLICT (class_id, status) DO UPDATE SET students = students + 1;
END;

CREATE TRIGGER student_moves_roll AFTER UPDATE OF class_id, status ON student
WHEN (NEW.class_id, NEW.status) IS NOT (OLD.class_id, OLD.status) BEGIN
  UPDATE roll_total SET students = students - 1, owing = owing - (b.balance > 0),
         owed = owed - MAX(b.balance, 0), credit = credit - MAX(-b.balance, 0)
    FROM student_balance b
   WHERE b.student_id = NEW.id AND class_id = COALESCE(OLD.class_id, 0) AND status = OLD.status;
  INSERT INTO roll_total (class_id, status, students, owing, owed, credit)
    SELECT COALESCE(NEW.class_id, 0), NEW.status, 1, balance > 0, MAX(balance, 0), MAX(-balance, 0)
      FROM student_balance WHERE student_id = NEW.id
    ON CONFLICT (class_id, status) DO UPDATE SET students = students + 1, owing = owing + excluded.owing,
       owed = owed + excluded.owed, credit = credit + excluded.credit;
END;

CREATE TRIGGER student_balance_moves_roll AFTER UPDATE OF balance ON student_balance BEGIN
  UPDATE roll_total SET owing = owing + (NEW.balance > 0) - (OLD.balance > 0),
         owed = owed + MAX(NEW.balance, 0) - MAX(OLD.balance, 0), credit = credit + MAX(-NEW.balance, 0) - MAX(-OLD.balance, 0)
   WHERE (class_id, status) = (SELECT COALESCE(class_id, 0), status FROM student WHERE id = NEW.student_id);
END;

-- Tenders and coins come first, and the count seals them: it begins where the last one of the cashier ended.
CREATE TRIGGER cash_up_tender_guard BEFORE INSERT ON cash_up_tender BEGIN
  SELECT RAISE(ABORT, 'ledger: the count is sealed') WHERE EXISTS (SELECT 1 FROM cash_up WHERE id = NEW.cash_up_id);
  SELECT RAISE(ABORT, 'ledger: only tenders are counted')
   WHERE NOT EXISTS (SELECT 1 FROM account WHERE code = NEW.account AND type = 'tender');
  SELECT RAISE(ABORT, 'ledger: this tender is counted already')
   WHERE EXISTS (SELECT 1 FROM cash_up_tender WHERE cash_up_id = NEW.cash_up_id AND account = NEW.account);
END;
CREATE TRIGGER cash_up_coin_guard BEFORE INSERT ON cash_up_coin BEGIN
  SELECT RAISE(ABORT, 'ledger: the count is sealed') WHERE EXISTS (SELECT 1 FROM cash_up WHERE id = NEW.cash_up_id);
  SELECT RAISE(ABORT, 'ledger: these coins are counted already')
   WHERE EXISTS (SELECT 1 FROM cash_up_coin WHERE cash_up_id = NEW.cash_up_id AND value = NEW.value);
END;
CREATE TRIGGER cash_up_seal BEFORE INSERT ON cash_up BEGIN
  SELECT RAISE(ABORT, 'ledger: count id must be last + 1') WHERE NEW.id <> 1 + COALESCE((SELECT MAX(id) FROM cash_up), 0);
  SELECT RAISE(ABORT, 'ledger: request id is used') WHERE EXISTS (SELECT 1 FROM cash_up WHERE request_id = NEW.request_id);
  SELECT RAISE(ABORT, 'ledger: not a date') WHERE NEW.date IS NOT date(NEW.date, '+0 days');
  SELECT RAISE(ABORT, 'ledger: only the last count of a till is made again') WHERE NEW.replaces IS NOT NULL
     AND NEW.replaces IS NOT (SELECT MAX(id) FROM cash_up WHERE cashier_id = NEW.cashier_id);
  SELECT RAISE(ABORT, 'ledger: a signed count stays')
   WHERE EXISTS (SELECT 1 FROM cash_up_signature WHERE cash_up_id = NEW.replaces);
  SELECT RAISE(ABORT, 'ledger: a count begins where the last one ended') WHERE NEW.after_entry <> COALESCE(
         (SELECT CASE WHEN NEW.replaces IS NULL THEN through_entry ELSE after_entry END FROM cash_up
           WHERE cashier_id = NEW.cashier_id ORDER BY id DESC LIMIT 1),
         (SELECT after_entry FROM cash_up ORDER BY id LIMIT 1), NEW.after_entry);
  SELECT RAISE(ABORT, 'ledger: a count ends with an entry') WHERE NEW.through_entry > COALESCE((SELECT MAX(id) FROM entry), 0);
  SELECT RAISE(ABORT, 'ledger: what is expected is what the books say') WHERE EXISTS (
           SELECT account FROM (
             SELECT account, expected AS amount FROM cash_up_tender WHERE cash_up_id = NEW.id
             UNION ALL
             SELECT l.account, l.amount FROM entry e JOIN line l ON l.entry_id = e.id JOIN account a ON a.code = l.account
              WHERE e.actor_id = NEW.cashier_id AND e.kind IN ('payment', 'refund', 'reversal')
                AND e.id > NEW.after_entry AND e.id <= NEW.through_entry AND a.type = 'tender') AS moved
           GROUP BY account HAVING SUM(amount) <> 0);
  SELECT RAISE(ABORT, 'ledger: coins do not make the cash')
   WHERE COALESCE((SELECT SUM(value * pieces) FROM cash_up_coin WHERE cash_up_id = NEW.id), 0) - NEW.cash_float
      <> COALESCE((SELECT counted FROM cash_up_tender WHERE cash_up_id = NEW.id AND account = 'CASH'), 0);
  SELECT RAISE(ABORT, 'ledger: a variance needs a reason') WHERE COALESCE(length(trim(NEW.reason)), 0) = 0
     AND EXISTS (SELECT 1 FROM cash_up_tender WHERE cash_up_id = NEW.id AND counted <> expected);
END;

-- Signed once, for the count that stands.
CREATE TRIGGER cash_up_signature_guard BEFORE INSERT ON cash_up_signature BEGIN
  SELECT RAISE(ABORT, 'ledger: signed already') WHERE EXISTS (SELECT 1 FROM cash_up_signature WHERE cash_up_id = NEW.cash_up_id);
  SELECT RAISE(ABORT, 'ledger: the count was made again') WHERE EXISTS (SELECT 1 FROM cash_up WHERE replaces = NEW.cash_up_id);
  SELECT RAISE(ABORT, 'ledger: signed for another count') WHERE NOT EXISTS (
         SELECT 1 FROM cash_up WHERE id = NEW.cash_up_id AND counted_by_id IS NEW.counted_by_id);
END;

-- What is banked was signed, and the deposit seals its parts.
CREATE TRIGGER deposit_part_guard BEFORE INSERT ON deposit_part BEGIN
  SELECT RAISE(ABORT, 'ledger: the deposit is sealed') WHERE EXISTS (SELECT 1 FROM deposit WHERE id = NEW.deposit_id);
  SELECT RAISE(ABORT, 'ledger: banked already')
   WHERE EXISTS (SELECT 1 FROM deposit_part WHERE cash_up_id = NEW.cash_up_id AND account = NEW.account);
  SELECT RAISE(ABORT, 'ledger: only signed counts are banked, as counted') WHERE NOT EXISTS (
         SELECT 1 FROM cash_up_signature s JOIN cash_up_tender t ON t.cash_up_id = s.cash_up_id
          WHERE s.cash_up_id = NEW.cash_up_id AND t.account = NEW.account AND t.counted = NEW.amount);
END;
CREATE TRIGGER deposit_seal BEFORE INSERT ON deposit BEGIN
  SELECT RAISE(ABORT, 'ledger: deposit id must be last + 1') WHERE NEW.id <> 1 + COALESCE((SELECT MAX(id) FROM deposit), 0);
  SELECT RAISE(ABORT, 'ledger: request id is used') WHERE EXISTS (SELECT 1 FROM deposit WHERE request_id = NEW.request_id);
  SELECT RAISE(ABORT, 'ledger: not a date') WHERE NEW.date IS NOT date(NEW.date, '+0 days');
  SELECT RAISE(ABORT, 'ledger: parts do not match the deposit')
   WHERE NEW.amount IS NOT (SELECT SUM(amount) FROM deposit_part WHERE deposit_id = NEW.id AND account = NEW.account)
      OR EXISTS (SELECT 1 FROM deposit_part WHERE deposit_id = NEW.id AND account <> NEW.account);
END;

-- A closed day has the newest lock and the end of the books.
CREATE TRIGGER day_close_guard BEFORE INSERT ON day_close BEGIN
  SELECT RAISE(ABORT, 'ledger: close id must be last + 1') WHERE NEW.id <> 1 + COALESCE((SELECT MAX(id) FROM day_close), 0);
  SELECT RAISE(ABORT, 'ledger: a day is closed by its lock') WHERE NOT EXISTS (
         SELECT 1 FROM period_lock WHERE id = NEW.lock_id AND locked_through = NEW.date AND id = (SELECT MAX(id) FROM period_lock));
  SELECT RAISE(ABORT, 'ledger: a close names the end of the books')
   WHERE NEW.last_entry IS NOT COALESCE((SELECT MAX(id) FROM entry), 0)
      OR NEW.last_hash IS NOT COALESCE((SELECT hash FROM entry ORDER BY id DESC LIMIT 1), '');
END;
