-- What PostgreSQL itself refuses, and how the projections follow. `guards.install` puts exactly this text in place.
-- Functions run with the owner's rights, so the app's role needs no right to change the truth or a projection.
-- Triggers are written as pg_get_triggerdef gives them back, one a line, so that `guards.differences` can compare.

-- The truth is added to, never changed, never removed.
CREATE FUNCTION guard_unchanged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  RAISE EXCEPTION 'ledger: rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION guard_kept() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  RAISE EXCEPTION 'ledger: rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER entry_unchanged BEFORE UPDATE ON public.entry FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER entry_kept BEFORE DELETE OR TRUNCATE ON public.entry FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER line_unchanged BEFORE UPDATE ON public.line FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER line_kept BEFORE DELETE OR TRUNCATE ON public.line FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER period_lock_unchanged BEFORE UPDATE ON public.period_lock FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER period_lock_kept BEFORE DELETE OR TRUNCATE ON public.period_lock FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER erasure_unchanged BEFORE UPDATE ON public.erasure FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER erasure_kept BEFORE DELETE OR TRUNCATE ON public.erasure FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();

CREATE FUNCTION guard_audit_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  IF (NEW.id, NEW.at, NEW.actor_id, NEW.actor, NEW.event, NEW.subject)
     IS DISTINCT FROM (OLD.id, OLD.at, OLD.actor_id, OLD.actor, OLD.event, OLD.subject)
     OR NEW.before IS NOT NULL OR NEW.after IS NOT NULL OR NEW.reason IS NOT NULL
     OR NOT EXISTS (SELECT 1 FROM erasure WHERE subject = OLD.subject) THEN
    RAISE EXCEPTION 'ledger: rows of audit_event are never changed' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER audit_event_unchanged BEFORE UPDATE ON public.audit_event FOR EACH ROW EXECUTE FUNCTION guard_audit_event();
CREATE TRIGGER audit_event_kept BEFORE DELETE OR TRUNCATE ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();

-- People, calendar and accounts may change; they stay as long as the books do.
CREATE TRIGGER account_kept BEFORE DELETE OR TRUNCATE ON public.account FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER family_kept BEFORE DELETE OR TRUNCATE ON public.family FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER guardian_kept BEFORE DELETE OR TRUNCATE ON public.guardian FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER school_kept BEFORE DELETE OR TRUNCATE ON public.school FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER school_class_kept BEFORE DELETE OR TRUNCATE ON public.school_class FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER student_kept BEFORE DELETE OR TRUNCATE ON public.student FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER term_kept BEFORE DELETE OR TRUNCATE ON public.term FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER user_account_kept BEFORE DELETE OR TRUNCATE ON public.user_account FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER year_kept BEFORE DELETE OR TRUNCATE ON public.year FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();

-- What was posted in runs, counted, signed and banked stays as it is; what was asked for is decided once.
CREATE TRIGGER payment_payer_unchanged BEFORE UPDATE ON public.payment_payer FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER payment_payer_kept BEFORE DELETE OR TRUNCATE ON public.payment_payer FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER run_entry_unchanged BEFORE UPDATE ON public.run_entry FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER late_fee_line_unchanged BEFORE UPDATE ON public.late_fee_line FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER late_fee_waiver_unchanged BEFORE UPDATE ON public.late_fee_waiver FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER cash_up_unchanged BEFORE UPDATE ON public.cash_up FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER cash_up_tender_unchanged BEFORE UPDATE ON public.cash_up_tender FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER cash_up_coin_unchanged BEFORE UPDATE ON public.cash_up_coin FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER cash_up_signature_unchanged BEFORE UPDATE ON public.cash_up_signature FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER deposit_unchanged BEFORE UPDATE ON public.deposit FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER deposit_part_unchanged BEFORE UPDATE ON public.deposit_part FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER day_close_unchanged BEFORE UPDATE ON public.day_close FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER promotion_unchanged BEFORE UPDATE ON public.promotion FOR EACH STATEMENT EXECUTE FUNCTION guard_unchanged();
CREATE TRIGGER promotion_kept BEFORE DELETE OR TRUNCATE ON public.promotion FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER run_entry_kept BEFORE DELETE OR TRUNCATE ON public.run_entry FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER late_fee_line_kept BEFORE DELETE OR TRUNCATE ON public.late_fee_line FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER late_fee_waiver_kept BEFORE DELETE OR TRUNCATE ON public.late_fee_waiver FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER cash_up_kept BEFORE DELETE OR TRUNCATE ON public.cash_up FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER cash_up_tender_kept BEFORE DELETE OR TRUNCATE ON public.cash_up_tender FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER cash_up_coin_kept BEFORE DELETE OR TRUNCATE ON public.cash_up_coin FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER cash_up_signature_kept BEFORE DELETE OR TRUNCATE ON public.cash_up_signature FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER deposit_kept BEFORE DELETE OR TRUNCATE ON public.deposit FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER deposit_part_kept BEFORE DELETE OR TRUNCATE ON public.deposit_part FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER day_close_kept BEFORE DELETE OR TRUNCATE ON public.day_close FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER run_kept BEFORE DELETE OR TRUNCATE ON public.run FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER approval_kept BEFORE DELETE OR TRUNCATE ON public.approval FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER concession_grant_kept BEFORE DELETE OR TRUNCATE ON public.concession_grant FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER concession_scheme_kept BEFORE DELETE OR TRUNCATE ON public.concession_scheme FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER fee_head_kept BEFORE DELETE OR TRUNCATE ON public.fee_head FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER fee_kept BEFORE DELETE OR TRUNCATE ON public.fee FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();
CREATE TRIGGER letter_kept BEFORE DELETE OR TRUNCATE ON public.letter FOR EACH STATEMENT EXECUTE FUNCTION guard_kept();

CREATE FUNCTION guard_letter_settled() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
DECLARE emptied boolean;
BEGIN
  emptied := (NEW.to_name, NEW.to_address, NEW.subject, NEW.body) IS NOT DISTINCT FROM ('', '', '', '')
    AND EXISTS (SELECT 1 FROM erasure WHERE erasure.subject = 'letter:' || OLD.id);
  IF (OLD.state IN ('sent', 'failed', 'cancelled', 'rehearsed') OR (OLD.state = 'printed' AND NEW.state <> 'cancelled'))
     AND NOT (NEW.state = OLD.state AND emptied) THEN
    RAISE EXCEPTION 'ledger: what became of a letter is not changed' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.request_id, NEW.kind, NEW.stage, NEW.family_id, NEW.rehearsal)
     IS DISTINCT FROM (OLD.request_id, OLD.kind, OLD.stage, OLD.family_id, OLD.rehearsal)
     OR ((NEW.to_name, NEW.to_address, NEW.subject, NEW.body)
         IS DISTINCT FROM (OLD.to_name, OLD.to_address, OLD.subject, OLD.body) AND NOT emptied) THEN
    RAISE EXCEPTION 'ledger: what a letter says is not changed' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER letter_settled BEFORE UPDATE ON public.letter FOR EACH ROW EXECUTE FUNCTION guard_letter_settled();

CREATE FUNCTION guard_run_recorded() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  IF (OLD.entries IS NOT NULL
      AND (NEW.students, NEW.entries, NEW.total) IS DISTINCT FROM (OLD.students, OLD.entries, OLD.total))
     OR (OLD.reversed IS NOT NULL AND NEW.reversed IS DISTINCT FROM OLD.reversed) THEN
    RAISE EXCEPTION 'ledger: what a run has posted is not changed' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER run_recorded BEFORE UPDATE ON public.run FOR EACH ROW EXECUTE FUNCTION guard_run_recorded();

CREATE FUNCTION guard_approval_decided() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  IF OLD.decision IS NOT NULL THEN
    RAISE EXCEPTION 'ledger: this was decided already' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.id, NEW.request_id, NEW.kind, NEW.student_id, NEW.amount, NEW.details::text, NEW.reason, NEW.asked_at, NEW.asked_by_id, NEW.asked_by)
     IS DISTINCT FROM (OLD.id, OLD.request_id, OLD.kind, OLD.student_id, OLD.amount, OLD.details::text, OLD.reason, OLD.asked_at, OLD.asked_by_id, OLD.asked_by) THEN
    RAISE EXCEPTION 'ledger: what was asked for stays as it is' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER approval_decided BEFORE UPDATE ON public.approval FOR EACH ROW EXECUTE FUNCTION guard_approval_decided();

CREATE FUNCTION guard_concession_grant_decided() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  IF (OLD.state, NEW.state) NOT IN (('waiting', 'granted'), ('waiting', 'refused'), ('waiting', 'ended'), ('granted', 'ended')) THEN
    RAISE EXCEPTION 'ledger: this was decided already' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.student_id, NEW.scheme, NEW.head, NEW.share_bp, NEW.amount, NEW.valid_from, NEW.valid_until, NEW.reason, NEW.actor)
     IS DISTINCT FROM (OLD.student_id, OLD.scheme, OLD.head, OLD.share_bp, OLD.amount, OLD.valid_from, OLD.valid_until, OLD.reason, OLD.actor) THEN
    RAISE EXCEPTION 'ledger: a grant stays what was asked for' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER concession_grant_decided BEFORE UPDATE ON public.concession_grant FOR EACH ROW EXECUTE FUNCTION guard_concession_grant_decided();

CREATE FUNCTION guard_school_currency() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  IF (NEW.currency, NEW.exponent) IS DISTINCT FROM (OLD.currency, OLD.exponent) AND (EXISTS (SELECT 1 FROM entry)
      OR (NEW.exponent <> OLD.exponent AND EXISTS (SELECT 1 FROM fee))) THEN
    RAISE EXCEPTION 'ledger: the currency is fixed by the first entry' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER school_currency BEFORE UPDATE ON public.school FOR EACH ROW EXECUTE FUNCTION guard_school_currency();

-- What was posted counts for the last term begun by its date: so that date goes on saying which.
CREATE FUNCTION guard_term_days() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  IF NEW.starts_on <> OLD.starts_on AND EXISTS (
      SELECT 1 FROM day_total WHERE date >= LEAST(OLD.starts_on, NEW.starts_on) AND date < GREATEST(OLD.starts_on, NEW.starts_on)) THEN
    RAISE EXCEPTION 'ledger: days with entries keep their term' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER term_days BEFORE UPDATE ON public.term FOR EACH ROW EXECUTE FUNCTION guard_term_days();

CREATE FUNCTION guard_account_meaning() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  IF (NEW.code, NEW.type) IS DISTINCT FROM (OLD.code, OLD.type) AND EXISTS (SELECT 1 FROM line WHERE account = OLD.code) THEN
    RAISE EXCEPTION 'ledger: an account with lines keeps its code and type' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER account_meaning BEFORE UPDATE ON public.account FOR EACH ROW EXECUTE FUNCTION guard_account_meaning();

-- One writer of the books at a time, as SQLite has by nature; held to the end of the transaction.
CREATE FUNCTION guard_one_writer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(1200);
  RETURN NULL;
END $$;
CREATE TRIGGER entry_one_writer BEFORE INSERT ON public.entry FOR EACH STATEMENT EXECUTE FUNCTION guard_one_writer();
CREATE TRIGGER line_one_writer BEFORE INSERT ON public.line FOR EACH STATEMENT EXECUTE FUNCTION guard_one_writer();
CREATE TRIGGER period_lock_one_writer BEFORE INSERT ON public.period_lock FOR EACH STATEMENT EXECUTE FUNCTION guard_one_writer();
CREATE TRIGGER student_one_writer BEFORE INSERT OR UPDATE OF class_id, status ON public.student FOR EACH STATEMENT EXECUTE FUNCTION guard_one_writer();

CREATE FUNCTION guard_period_lock() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  IF NEW.id <> 1 + COALESCE((SELECT MAX(id) FROM period_lock), 0) THEN
    RAISE EXCEPTION 'ledger: lock id must be last + 1' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER period_lock_guard BEFORE INSERT ON public.period_lock FOR EACH ROW EXECUTE FUNCTION guard_period_lock();

-- Lines come first, in order, and only for an entry that is not yet sealed. All lines of a statement are looked at
-- at once: a run adds hundreds. Every connection keeps the plans of its first calls, when an entry was alone or the tables
-- empty: LATERAL with OFFSET 0, and no seqscan, look up entry by entry however many come and however large the books are.
CREATE FUNCTION guard_line() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' SET enable_seqscan TO 'off' AS $$
DECLARE
  refused text;
  fewest bigint; most bigint; added bigint;
BEGIN
  SELECT MIN(id), MAX(id), COUNT(*) INTO fewest, most, added FROM fresh;
  IF EXISTS (
      SELECT 1 FROM (SELECT DISTINCT entry_id FROM fresh) AS of_entry
        CROSS JOIN LATERAL (SELECT 1 FROM entry WHERE id = of_entry.entry_id OFFSET 0) AS sealed) THEN
    refused := 'entry is sealed';
  ELSIF added > 0 AND (most - fewest + 1 <> added OR most <> (SELECT MAX(id) FROM line)
        OR fewest <> 1 + COALESCE((SELECT MAX(id) FROM line WHERE id < fewest), 0)) THEN
    refused := 'line id must be last + 1';
  ELSIF EXISTS (
      SELECT 1 FROM (
        SELECT l.n, ROW_NUMBER() OVER (PARTITION BY l.entry_id ORDER BY l.id) AS place
          FROM (SELECT DISTINCT entry_id FROM fresh) AS of_entry
            CROSS JOIN LATERAL (SELECT id, n, entry_id FROM line WHERE entry_id = of_entry.entry_id OFFSET 0) AS l) AS numbered
       WHERE n <> place) THEN
    refused := 'line number must be last + 1';
  ELSE
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'ledger: %', refused USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER line_guard AFTER INSERT ON public.line REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION guard_line();

CREATE FUNCTION guard_line_pin() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' SET enable_seqscan TO 'off' AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM line WHERE id = NEW.pays AND student_id = NEW.student_id AND due_date IS NOT NULL) THEN
    RAISE EXCEPTION 'ledger: pays must be a charge of the same student' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER line_pin BEFORE INSERT ON public.line FOR EACH ROW WHEN ((new.pays IS NOT NULL)) EXECUTE FUNCTION guard_line_pin();

-- The entry comes last and seals its lines. All entries of a statement are looked at at once, but for the few that take from
-- what is there. Its name lets it look before anything is projected.
CREATE FUNCTION guard_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' SET enable_seqscan TO 'off' AS $$
DECLARE
  refused text;
  fewest bigint; most bigint; added bigint; earliest date;
  one record; original record;
  unlike boolean; unsuitable boolean; uncleared boolean; undated boolean;
BEGIN
  SELECT MIN(e.id), MAX(e.id), COUNT(*), MIN(e.date),
         BOOL_OR((e.n_lines, e.total) IS DISTINCT FROM (sealed.lines, sealed.total)), BOOL_OR(sealed.unsuitable),
         BOOL_OR(e.kind = 'transfer' AND e.total <> 0), BOOL_OR(e.kind NOT IN ('reversal', 'transfer') AND sealed.undated)
    INTO fewest, most, added, earliest, unlike, unsuitable, uncleared, undated
    FROM fresh e CROSS JOIN LATERAL (
      SELECT COUNT(*) AS lines, SUM(l.amount) AS total, BOOL_OR(l.amount > 0 AND l.due_date IS NULL) AS undated,
             BOOL_OR(NOT CASE e.kind
               WHEN 'bill' THEN (a.type = 'income' AND l.amount > 0) OR (a.type = 'concession' AND l.amount < 0)
               WHEN 'late_fee' THEN a.type = 'income' AND l.amount > 0
               WHEN 'payment' THEN a.type = 'tender' AND l.amount < 0
               WHEN 'refund' THEN a.type = 'tender' AND l.amount > 0
               WHEN 'concession' THEN a.type = 'concession' AND l.amount < 0
               WHEN 'credit_note' THEN a.type = 'income' AND l.amount < 0
               WHEN 'write_off' THEN a.type = 'bad_debt' AND l.amount < 0
               WHEN 'opening' THEN a.type = 'opening'
               WHEN 'transfer' THEN a.type = 'clearing'
               ELSE e.kind = 'reversal' END) AS unsuitable
        FROM line l JOIN account a ON a.code = l.account WHERE l.entry_id = e.id) AS sealed;
  IF added = 0 THEN
    RETURN NULL;
  ELSIF most - fewest + 1 <> added OR most <> (SELECT MAX(id) FROM entry)
        OR fewest <> 1 + COALESCE((SELECT MAX(id) FROM entry WHERE id < fewest), 0) THEN
    refused := 'entry id must be last + 1';
  ELSIF EXISTS (
      SELECT 1 FROM (
        SELECT series, MIN(no) AS fewest_no, MAX(no) - MIN(no) + 1 AS span, COUNT(*) AS numbered
          FROM fresh WHERE series IS NOT NULL GROUP BY series) AS s
       WHERE span <> numbered
          OR fewest_no <> 1 + COALESCE((SELECT MAX(no) FROM entry WHERE series = s.series AND no < fewest_no), 0)) THEN
    refused := 'document number must be last + 1';
  ELSIF earliest <= (SELECT locked_through FROM period_lock ORDER BY id DESC LIMIT 1) THEN
    refused := 'period is locked';
  ELSIF unlike THEN
    refused := 'lines do not match the entry';
  ELSIF unsuitable THEN
    refused := 'lines do not suit the kind';
  ELSIF uncleared THEN
    refused := 'clearing must net to zero';
  ELSIF undated THEN
    refused := 'a debit needs a due date';
  ELSE
    FOR one IN SELECT * FROM fresh WHERE kind IN ('refund', 'transfer', 'write_off', 'reversal') LOOP
      IF one.kind = 'transfer' AND EXISTS (
          SELECT 1 FROM line l WHERE l.entry_id = one.id AND l.amount > 0 AND l.due_date IS NULL
             AND 0 <> (SELECT SUM(amount) FROM line WHERE entry_id = one.id AND student_id = l.student_id)) THEN
        refused := 'a debit needs a due date';
      ELSIF one.kind IN ('refund', 'transfer') AND EXISTS (
          SELECT 1 FROM line l WHERE l.entry_id = one.id AND l.due_date IS NOT NULL
             AND 0 < (SELECT SUM(amount) FROM line WHERE student_id = l.student_id)) THEN
        refused := 'more than the credit';
      ELSIF one.kind = 'write_off' AND EXISTS (
          SELECT 1 FROM line l WHERE l.entry_id = one.id
             AND 0 > (SELECT SUM(amount) FROM line WHERE student_id = l.student_id)) THEN
        refused := 'more than is owed';
      ELSIF one.reverses IS NOT NULL THEN
        SELECT * INTO original FROM entry WHERE id = one.reverses;
        IF original.reverses IS NOT NULL THEN
          refused := 'a reversal cannot be reversed';
        ELSIF original.date > one.date OR original.id > one.id THEN
          refused := 'a reversal is not before its original';
        ELSIF one.n_lines IS DISTINCT FROM original.n_lines OR EXISTS (
            SELECT 1 FROM line o JOIN account a ON a.code = o.account
              LEFT JOIN line m ON m.entry_id = one.id AND m.n = o.n AND m.student_id = o.student_id AND m.account = o.account
                   AND m.amount = -o.amount AND m.due_date IS NULL AND m.class_id IS NOT DISTINCT FROM o.class_id
                   AND (m.term_id IS NOT DISTINCT FROM o.term_id OR a.type = 'tender')
                   AND m.pays IS NOT DISTINCT FROM COALESCE(o.pays, CASE WHEN o.due_date IS NOT NULL THEN o.id END)
             WHERE o.entry_id = one.reverses AND m.id IS NULL) THEN
          refused := 'a reversal mirrors its original';
        END IF;
      END IF;
      -- A debit without a due date takes credit from where it is pinned, or from what is not pinned: never more than is there.
      IF refused IS NULL AND one.kind IN ('transfer', 'reversal') AND EXISTS (
          SELECT 1 FROM line l WHERE l.entry_id = one.id AND l.amount > 0 AND l.due_date IS NULL AND 0 < CASE WHEN l.pays IS NULL
            THEN (SELECT SUM(amount) FROM line WHERE student_id = l.student_id AND pays IS NULL AND due_date IS NULL)
            ELSE (SELECT SUM(amount) FROM line WHERE pays = l.pays) END) THEN
        refused := 'more than was paid there';
      END IF;
      EXIT WHEN refused IS NOT NULL;
    END LOOP;
  END IF;
  IF refused IS NULL THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'ledger: %', refused USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER entry_guard AFTER INSERT ON public.entry REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION guard_entry();

-- Projections follow in the same transaction: balances, what is open, totals by day and by class.
CREATE FUNCTION guard_entry_project() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' SET enable_seqscan TO 'off' AS $$
DECLARE
  student record; item record;
  first_entry bigint; lines bigint; charged boolean; opened bigint := 0;
  dates date[] := '{}'; moves bigint[] := '{}';
BEGIN
  INSERT INTO day_total AS t (date, account, amount)
    SELECT e.date, l.account, SUM(l.amount)
      FROM fresh e CROSS JOIN LATERAL (SELECT account, amount FROM line WHERE entry_id = e.id OFFSET 0) AS l GROUP BY 1, 2
    ON CONFLICT (date, account) DO UPDATE SET amount = t.amount + excluded.amount;
  INSERT INTO class_total AS t (term_id, class_id, account, amount)
    SELECT COALESCE(l.term_id, 0), COALESCE(l.class_id, 0), l.account, SUM(l.amount)
      FROM fresh e CROSS JOIN LATERAL (SELECT term_id, class_id, account, amount FROM line WHERE entry_id = e.id OFFSET 0) AS l
     GROUP BY 1, 2, 3
    ON CONFLICT (term_id, class_id, account) DO UPDATE SET amount = t.amount + excluded.amount;
  SELECT MIN(id), SUM(n_lines), BOOL_OR(kind IN ('bill', 'late_fee', 'opening')) INTO first_entry, lines, charged FROM fresh;
  -- A charge is wholly open where nothing is in credit and whatever is due later is wholly open too.
  IF charged THEN
    WITH opened AS (
      INSERT INTO open_item (line_id, student_id, due_date, open)
        SELECT l.id, l.student_id, l.due_date, l.amount
          FROM fresh e
            CROSS JOIN LATERAL (SELECT id, student_id, due_date, amount FROM line WHERE entry_id = e.id AND due_date IS NOT NULL OFFSET 0) AS l
            CROSS JOIN LATERAL (SELECT 1 FROM student_balance WHERE student_id = l.student_id AND balance >= 0 OFFSET 0) AS b
            CROSS JOIN LATERAL (
              SELECT COUNT(*) AS settled FROM line c WHERE c.student_id = l.student_id AND c.due_date > l.due_date AND c.entry_id < first_entry
                 AND c.amount <> COALESCE((SELECT open FROM open_item WHERE line_id = c.id), 0)) AS later
         WHERE later.settled = 0
        RETURNING due_date AS due, open_item.open AS amount
    ), due AS (
      INSERT INTO due_total AS t (due_date, open) SELECT due, SUM(amount) FROM opened GROUP BY due
        ON CONFLICT (due_date) DO UPDATE SET open = t.open + excluded.open
    )
    SELECT COUNT(*) INTO opened FROM opened;
  END IF;
  -- Every student has a balance: so this looks each of them up, whatever plan is kept.
  INSERT INTO student_balance AS b (student_id, balance)
    SELECT l.student_id, SUM(l.amount)
      FROM fresh e CROSS JOIN LATERAL (SELECT student_id, amount FROM line WHERE entry_id = e.id OFFSET 0) AS l GROUP BY l.student_id
    ON CONFLICT (student_id) DO UPDATE SET balance = b.balance + excluded.balance;
  IF opened = lines THEN
    RETURN NULL;
  END IF;
  -- Where anything else came in, all charges of the student are looked at: the balance is what is open, and credits settle
  -- the oldest due first, so the newest charges are the open ones. One student at a time: equality keeps every cached plan
  -- an index plan.
  FOR student IN
    SELECT DISTINCT l.student_id AS id, l.balance
      FROM fresh e CROSS JOIN LATERAL (
        SELECT student_id, (SELECT balance FROM student_balance b WHERE b.student_id = line.student_id) AS balance
          FROM line WHERE entry_id = e.id AND NOT EXISTS (SELECT 1 FROM open_item WHERE line_id = line.id) OFFSET 0) AS l
  LOOP
    FOR item IN
      SELECT id, due_date, was, GREATEST(0, LEAST(net, student.balance - newer)) AS left_open FROM (
        SELECT c.*, (SUM(net) OVER (ORDER BY due_date DESC, id DESC) - net)::bigint AS newer FROM (
          SELECT l.id, l.due_date, COALESCE(i.open, 0) AS was,
                 GREATEST(0, l.amount + COALESCE((SELECT SUM(p.amount) FROM line p WHERE p.pays = l.id), 0))::bigint AS net
            FROM line l LEFT JOIN open_item i ON i.line_id = l.id
           WHERE l.student_id = student.id AND l.due_date IS NOT NULL) AS c) AS ranked
       WHERE GREATEST(0, LEAST(net, student.balance - newer)) <> was
    LOOP
      IF item.was = 0 THEN
        INSERT INTO open_item (line_id, student_id, due_date, open) VALUES (item.id, student.id, item.due_date, item.left_open);
      ELSIF item.left_open = 0 THEN
        DELETE FROM open_item WHERE line_id = item.id;
      ELSE
        UPDATE open_item SET open = item.left_open WHERE line_id = item.id;
      END IF;
      dates := dates || item.due_date;
      moves := moves || (item.left_open - item.was);
    END LOOP;
  END LOOP;
  INSERT INTO due_total AS t (due_date, open)
    SELECT due, SUM(moved)::bigint FROM unnest(dates, moves) AS m (due, moved) GROUP BY due
    ON CONFLICT (due_date) DO UPDATE SET open = t.open + excluded.open;
  RETURN NULL;
END $$;
CREATE TRIGGER entry_project AFTER INSERT ON public.entry REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION guard_entry_project();

-- All students of a statement come in at once: one by one, a register of thousands would change the row of its class
-- as often, and look at each of its former versions.
CREATE FUNCTION guard_student_enters_roll() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
  INSERT INTO student_balance (student_id, balance) SELECT id, 0 FROM fresh;
  INSERT INTO roll_total AS t (class_id, status, students, owing, owed, credit)
    SELECT COALESCE(class_id, 0), status, COUNT(*), 0, 0, 0 FROM fresh GROUP BY 1, 2
    ON CONFLICT (class_id, status) DO UPDATE SET students = t.students + excluded.students;
  RETURN NULL;
END $$;
CREATE TRIGGER student_enters_roll AFTER INSERT ON public.student REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION guard_student_enters_roll();

CREATE FUNCTION guard_student_moves_roll() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
DECLARE b bigint;
BEGIN
  IF (NEW.class_id, NEW.status) IS DISTINCT FROM (OLD.class_id, OLD.status) THEN
    SELECT balance INTO b FROM student_balance WHERE student_id = NEW.id;
    UPDATE roll_total SET students = students - 1, owing = owing - (b > 0)::int,
           owed = owed - GREATEST(b, 0), credit = credit - GREATEST(-b, 0)
     WHERE class_id = COALESCE(OLD.class_id, 0) AND status = OLD.status;
    INSERT INTO roll_total AS t (class_id, status, students, owing, owed, credit)
      VALUES (COALESCE(NEW.class_id, 0), NEW.status, 1, (b > 0)::int, GREATEST(b, 0), GREATEST(-b, 0))
      ON CONFLICT (class_id, status) DO UPDATE SET students = t.students + 1, owing = t.owing + excluded.owing,
         owed = t.owed + excluded.owed, credit = t.credit + excluded.credit;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER student_moves_roll AFTER UPDATE OF class_id, status ON public.student FOR EACH ROW EXECUTE FUNCTION guard_student_moves_roll();

CREATE FUNCTION guard_student_balance_moves_roll() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' SET enable_seqscan TO 'off' AS $$
BEGIN
  INSERT INTO roll_total AS t (class_id, status, students, owing, owed, credit)
    SELECT COALESCE(s.class_id, 0), s.status, 0,
           SUM(sign * (balance > 0)::int), SUM(sign * GREATEST(balance, 0)), SUM(sign * GREATEST(-balance, 0))
      FROM (SELECT student_id, balance, 1 AS sign FROM after UNION ALL SELECT student_id, balance, -1 FROM before) AS moved
        CROSS JOIN LATERAL (SELECT class_id, status FROM student WHERE id = moved.student_id OFFSET 0) AS s
     GROUP BY 1, 2
    ON CONFLICT (class_id, status) DO UPDATE SET owing = t.owing + excluded.owing, owed = t.owed + excluded.owed,
       credit = t.credit + excluded.credit;
  RETURN NULL;
END $$;
CREATE TRIGGER student_balance_moves_roll AFTER UPDATE ON public.student_balance REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION guard_student_balance_moves_roll();

-- Tenders and coins come first, and the count seals them: it begins where the last one of the cashier ended.
CREATE TRIGGER cash_up_tender_one_writer BEFORE INSERT ON public.cash_up_tender FOR EACH STATEMENT EXECUTE FUNCTION guard_one_writer();
CREATE TRIGGER cash_up_coin_one_writer BEFORE INSERT ON public.cash_up_coin FOR EACH STATEMENT EXECUTE FUNCTION guard_one_writer();
CREATE TRIGGER cash_up_one_writer BEFORE INSERT ON public.cash_up FOR EACH STATEMENT EXECUTE FUNCTION guard_one_writer();
CREATE TRIGGER cash_up_signature_one_writer BEFORE INSERT ON public.cash_up_signature FOR EACH STATEMENT EXECUTE FUNCTION guard_one_writer();
CREATE TRIGGER deposit_part_one_writer BEFORE INSERT ON public.deposit_part FOR EACH STATEMENT EXECUTE FUNCTION guard_one_writer();
CREATE TRIGGER deposit_one_writer BEFORE INSERT ON public.deposit FOR EACH STATEMENT EXECUTE FUNCTION guard_one_writer();
CREATE TRIGGER day_close_one_writer BEFORE INSERT ON public.day_close FOR EACH STATEMENT EXECUTE FUNCTION guard_one_writer();

CREATE FUNCTION guard_cash_up_tender_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
DECLARE refused text;
BEGIN
  IF EXISTS (SELECT 1 FROM cash_up WHERE id = NEW.cash_up_id) THEN
    refused := 'the count is sealed';
  ELSIF NOT EXISTS (SELECT 1 FROM account WHERE code = NEW.account AND type = 'tender') THEN
    refused := 'only tenders are counted';
  ELSE
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'ledger: %', refused USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER cash_up_tender_guard BEFORE INSERT ON public.cash_up_tender FOR EACH ROW EXECUTE FUNCTION guard_cash_up_tender_guard();

CREATE FUNCTION guard_cash_up_coin_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
DECLARE refused text;
BEGIN
  IF EXISTS (SELECT 1 FROM cash_up WHERE id = NEW.cash_up_id) THEN
    refused := 'the count is sealed';
  ELSE
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'ledger: %', refused USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER cash_up_coin_guard BEFORE INSERT ON public.cash_up_coin FOR EACH ROW EXECUTE FUNCTION guard_cash_up_coin_guard();

CREATE FUNCTION guard_cash_up_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
DECLARE refused text;
BEGIN
  IF NEW.id <> 1 + COALESCE((SELECT MAX(id) FROM cash_up), 0) THEN
    refused := 'count id must be last + 1';
  ELSIF EXISTS (SELECT 1 FROM cash_up WHERE request_id = NEW.request_id) THEN
    refused := 'request id is used';
  ELSIF NEW.replaces IS NOT NULL
        AND NEW.replaces IS DISTINCT FROM (SELECT MAX(id) FROM cash_up WHERE cashier_id = NEW.cashier_id) THEN
    refused := 'only the last count of a till is made again';
  ELSIF EXISTS (SELECT 1 FROM cash_up_signature WHERE cash_up_id = NEW.replaces) THEN
    refused := 'a signed count stays';
  ELSIF NEW.after_entry <> COALESCE(
        (SELECT CASE WHEN NEW.replaces IS NULL THEN through_entry ELSE after_entry END FROM cash_up
          WHERE cashier_id = NEW.cashier_id ORDER BY id DESC LIMIT 1),
        (SELECT after_entry FROM cash_up ORDER BY id LIMIT 1), NEW.after_entry) THEN
    refused := 'a count begins where the last one ended';
  ELSIF NEW.through_entry > COALESCE((SELECT MAX(id) FROM entry), 0) THEN
    refused := 'a count ends with an entry';
  ELSIF EXISTS (
           SELECT account FROM (
             SELECT account, expected AS amount FROM cash_up_tender WHERE cash_up_id = NEW.id
             UNION ALL
             SELECT l.account, l.amount FROM entry e JOIN line l ON l.entry_id = e.id JOIN account a ON a.code = l.account
              WHERE e.actor_id = NEW.cashier_id AND e.kind IN ('payment', 'refund', 'reversal')
                AND e.id > NEW.after_entry AND e.id <= NEW.through_entry AND a.type = 'tender') AS moved
           GROUP BY account HAVING SUM(amount) <> 0) THEN
    refused := 'what is expected is what the books say';
  ELSIF COALESCE((SELECT SUM(value * pieces) FROM cash_up_coin WHERE cash_up_id = NEW.id), 0) - NEW.cash_float
        <> COALESCE((SELECT counted FROM cash_up_tender WHERE cash_up_id = NEW.id AND account = 'CASH'), 0) THEN
    refused := 'coins do not make the cash';
  ELSIF COALESCE(length(trim(NEW.reason)), 0) = 0
        AND EXISTS (SELECT 1 FROM cash_up_tender WHERE cash_up_id = NEW.id AND counted <> expected) THEN
    refused := 'a variance needs a reason';
  ELSE
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'ledger: %', refused USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER cash_up_seal BEFORE INSERT ON public.cash_up FOR EACH ROW EXECUTE FUNCTION guard_cash_up_seal();

-- Signed once, for the count that stands.
CREATE FUNCTION guard_cash_up_signature_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
DECLARE refused text;
BEGIN
  IF EXISTS (SELECT 1 FROM cash_up WHERE replaces = NEW.cash_up_id) THEN
    refused := 'the count was made again';
  ELSIF NOT EXISTS (
        SELECT 1 FROM cash_up WHERE id = NEW.cash_up_id AND counted_by_id IS NOT DISTINCT FROM NEW.counted_by_id) THEN
    refused := 'signed for another count';
  ELSE
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'ledger: %', refused USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER cash_up_signature_guard BEFORE INSERT ON public.cash_up_signature FOR EACH ROW EXECUTE FUNCTION guard_cash_up_signature_guard();

-- What is banked was signed, and the deposit seals its parts.
CREATE FUNCTION guard_deposit_part_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
DECLARE refused text;
BEGIN
  IF EXISTS (SELECT 1 FROM deposit WHERE id = NEW.deposit_id) THEN
    refused := 'the deposit is sealed';
  ELSIF NOT EXISTS (
        SELECT 1 FROM cash_up_signature s JOIN cash_up_tender t ON t.cash_up_id = s.cash_up_id
         WHERE s.cash_up_id = NEW.cash_up_id AND t.account = NEW.account AND t.counted = NEW.amount) THEN
    refused := 'only signed counts are banked, as counted';
  ELSE
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'ledger: %', refused USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER deposit_part_guard BEFORE INSERT ON public.deposit_part FOR EACH ROW EXECUTE FUNCTION guard_deposit_part_guard();

CREATE FUNCTION guard_deposit_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
DECLARE refused text;
BEGIN
  IF NEW.id <> 1 + COALESCE((SELECT MAX(id) FROM deposit), 0) THEN
    refused := 'deposit id must be last + 1';
  ELSIF NEW.amount IS DISTINCT FROM (SELECT SUM(amount) FROM deposit_part WHERE deposit_id = NEW.id AND account = NEW.account)
        OR EXISTS (SELECT 1 FROM deposit_part WHERE deposit_id = NEW.id AND account <> NEW.account) THEN
    refused := 'parts do not match the deposit';
  ELSE
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'ledger: %', refused USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER deposit_seal BEFORE INSERT ON public.deposit FOR EACH ROW EXECUTE FUNCTION guard_deposit_seal();

-- A closed day has the newest lock and the end of the books.
CREATE FUNCTION guard_day_close_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
DECLARE refused text;
BEGIN
  IF NEW.id <> 1 + COALESCE((SELECT MAX(id) FROM day_close), 0) THEN
    refused := 'close id must be last + 1';
  ELSIF NOT EXISTS (SELECT 1 FROM period_lock WHERE id = NEW.lock_id AND locked_through = NEW.date
        AND id = (SELECT MAX(id) FROM period_lock)) THEN
    refused := 'a day is closed by its lock';
  ELSIF NEW.last_entry IS DISTINCT FROM COALESCE((SELECT MAX(id) FROM entry), 0)
        OR NEW.last_hash IS DISTINCT FROM COALESCE((SELECT hash FROM entry ORDER BY id DESC LIMIT 1), '') THEN
    refused := 'a close names the end of the books';
  ELSE
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'ledger: %', refused USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER day_close_guard BEFORE INSERT ON public.day_close FOR EACH ROW EXECUTE FUNCTION guard_day_close_guard();
