"""Who a student is and who answers for it: one added, or put right, without a file."""

import streamlit as st

from school.db import reading
from school.errors import NotFound
from school.ui import feedback, guard, links, student_form, words

actor = guard.require("students.write")
if saved := student_form.saved():
    st.switch_page(links.STUDENT, query_params=links.student(saved))
try:
    with reading() as session:
        known = student_form.read_for(session, actor, links.number("student"))
except NotFound:
    st.title("Details")
    st.info("There is no such student. Find one in the list of students.", icon=":material/person_search:")
    st.page_link(links.STUDENTS, label="Students", icon=":material/groups:")
    st.stop()

if student := known.student:
    st.title(words.plain(student.name), anchor=False)
    address = links.student(student.id)
    st.page_link(
        links.STUDENT, label="The account", icon=":material/arrow_back:", help="", query_params=address
    )
else:
    st.title("Add a student", anchor=False)
    st.page_link(links.IMPORTS, label="Many at once, from a file", icon=":material/upload_file:", help="")
feedback.show("details")
student_form.draw(known, actor)
